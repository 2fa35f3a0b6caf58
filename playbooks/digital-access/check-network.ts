import type { Host, Play } from 'dabook';
import { clocksAgree, type PortToTry, portsOpen } from 'dabook/tasks';
import type { Node } from './installation.ts';
import type { Site } from './site.ts';

/** The ports that the nodes of a swarm reach one another by. */
const swarmPorts: readonly PortToTry[] = [
  { port: 7946, protocol: 'tcp', purpose: 'gossip between nodes' },
  { port: 7946, protocol: 'udp', purpose: 'gossip between nodes' },
  { port: 4789, protocol: 'udp', purpose: 'traffic between services' },
];

/** Joining goes to the manager alone. */
const joinPort = (manager: string): PortToTry => ({
  port: 2377,
  protocol: 'tcp',
  purpose: 'joining',
  at: [manager],
});

/**
 * Tries whether nodes reach one another, and compares their clocks.
 * @param nodes those within `--limit`: on no others may anything listen, for however short a time
 * @throws DabookError `refused` for ports that are blocked, and for clocks that differ
 */
export async function checkNetwork(
  { manager, installation }: Pick<Site, 'manager' | 'installation'>,
  nodes: readonly Host<Node>[],
  play: Play,
  warn: (message: string) => void,
): Promise<void> {
  const hasManager = nodes.some(({ name }) => name === manager.name);
  const tried = await play('Try the ports between the nodes', manager, () =>
    portsOpen({
      from: nodes,
      to: nodes.map((host) => ({ host, address: host.vars.ip })),
      ports: hasManager ? [joinPort(manager.name), ...swarmPorts] : swarmPorts,
    }),
  );
  for (const { result, text } of tried) if (result !== 'open') warn(text);
  const clocks = hasManager ? nodes : [manager, ...nodes];
  await play('Compare the clocks', manager, () => clocksAgree(clocks, { seconds: installation.clock_skew }));
}
