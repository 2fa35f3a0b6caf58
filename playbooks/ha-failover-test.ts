import { playbook, refuse } from 'dabook';
import { findNode, nodeAvailability, nodes, stackPlaced, stackSteady } from 'dabook/tasks';
import { z } from 'zod';
import { answeringPorts, verifyPorts } from './digital-access/answering-ports.ts';
import { mergedCompose } from './digital-access/check-compose.ts';
import { Installation, Node } from './digital-access/installation.ts';
import { reviewInstallation } from './digital-access/review-installation.ts';
import { onHost, siteOf } from './digital-access/site.ts';

/** The installation, and the worker to take out of service: `-e drain=ha2`. */
const FailoverTest = Installation.extend({ drain: z.string() });

/**
 * Shows that an installation carries on without one of its workers: drains the node, verifies that the twins
 * of its services run and answer, and sets it active again, whatever was seen. For a time of little traffic:
 * what is under way on that node is cut off.
 */
export default playbook(
  {
    name: 'Digital Access: failover test',
    groups: { manager: Node, workers: Node },
    vars: FailoverTest,
    review: (given, found) => {
      reviewInstallation(given, found);
      const { drain } = given.vars;
      if (given.groups.workers.some(({ name }) => name === drain)) return;
      const names = given.groups.workers.map(({ name }) => name).join(', ');
      found.fault(`drain is ${drain}, which is no worker`, given.at('drain'), `the workers are ${names}`);
    },
  },
  async ({ groups, vars, play }) => {
    const site = siteOf(groups, vars);
    const { manager, services, addresses } = site;
    const { stack, drain } = vars;
    const idle = onHost(services, { name: drain });
    const others = services.filter(({ node }) => node !== drain);

    const { ids, config } = await play('Look for the twins of its services', manager, async (host) => {
      const all = await host.read(nodes);
      const idOf = (name: string) => findNode(all, { address: addresses[name] ?? '' })?.id;
      const alone = idle.filter(({ kind }) => !others.some((other) => other.kind === kind));
      if (alone.length > 0) {
        throw refuse(
          `nothing would carry on for ${alone.map(({ name }) => name).join(', ')}: no other node has a service of that kind`,
          'name a worker whose services all have a twin: -e drain=…',
        );
      }
      const ids = services.map(({ name, node }) => [name, idOf(node)] as const);
      const lost = ids.filter(([, id]) => id === undefined).map(([name]) => name);
      if (lost.length > 0) {
        throw refuse(
          `the swarm has no node for ${lost.join(', ')}`,
          'set the installation up first: playbooks/ha.ts',
        );
      }
      return {
        ids: Object.fromEntries(ids) as Record<string, string>,
        config: await mergedCompose(host, site),
      };
    });
    const placed = (of: typeof services) =>
      stackPlaced({ name: stack, on: Object.fromEntries(of.map(({ name }) => [name, ids[name] ?? ''])) });
    const portsOf = (of: typeof services) => answeringPorts({ ...site, services: of }, config);
    const node = ids[idle[0]?.name ?? ''] ?? '';

    await play(`Fail over from ${drain}`, manager, async (host) => {
      try {
        await host.run(nodeAvailability({ node, name: drain, availability: 'drain' }));
        await host.run([
          stackPlaced({ name: stack, on: Object.fromEntries(idle.map(({ name }) => [name, []])) }),
          placed(others),
        ]);
        await verifyPorts(host, portsOf(others), site);
      } finally {
        await host.run(nodeAvailability({ node, name: drain, availability: 'active' }));
      }
    });
    await play(`Verify that ${drain} carries its services again`, manager, async (host) => {
      await host.run([placed(services), stackSteady({ name: stack, seconds: vars.stable_for })]);
      await verifyPorts(host, portsOf(services), site);
    });
  },
);
