import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, engineAt } from './engine.ts';
import { installed, serviceOf } from './placement.ts';
import { COMPOSE_FOLDER } from './starting-state.ts';

/** The name of the product's stack. */
const STACK = 'da';

export interface FurnishInput {
  readonly address: string;
  /** What the host will carry once high availability is set up. */
  readonly services: readonly string[];
  /** The first process of the host. */
  readonly pid: number;
  readonly images: Buffer;
  /** Runs a command on the host, as root. */
  root(command: string): Promise<unknown>;
}

/** Brings a host that has just started to the procedure's starting state: a one-node swarm that runs its own stack. */
export async function furnish({ address, services, pid, images, root }: FurnishInput): Promise<void> {
  const engine = await engineOf(pid);
  const own = installed(services);
  const labels = Object.fromEntries(own.map((name) => [serviceOf(name).label, 'true']));
  await Promise.all([engine('POST', '/images/load?quiet=1', images), startSwarm(engine, address, labels)]);
  const deploy = `docker stack deploy --resolve-image never --compose-file docker-compose.yml -c network.yml -c versiontag.yml ${STACK}`;
  await root(`cd ${COMPOSE_FOLDER} && ${deploy}`);
  await untilRunning(engine, own.length);
}

interface Node {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: object;
}

async function startSwarm(engine: Engine, address: string, labels: Record<string, string>): Promise<void> {
  await engine('POST', '/swarm/init', { ListenAddr: '0.0.0.0:2377', AdvertiseAddr: address });
  for (let tried = 1; ; tried++) {
    const [node] = await engine<Node[]>('GET', '/nodes');
    if (node === undefined) throw new Error('its swarm has no node');
    try {
      await engine('POST', `/nodes/${node.ID}/update?version=${node.Version.Index}`, {
        ...node.Spec,
        Labels: labels,
      });
      return;
    } catch (error) {
      // A node that has just begun writes of itself, and each time it has another version.
      if (tried === 10 || !`${error}`.includes('update out of sequence')) throw error;
    }
  }
}

/** The Engine of a host, as soon as it listens. */
async function engineOf(pid: number): Promise<Engine> {
  const root = `/proc/${pid}/root`;
  // Before the host has changed its root, the same path leads to the machine's own Engine.
  const socket = `${root}/run/docker.sock`;
  const engine = engineAt(socket);
  // The socket is there a moment before anything listens on it.
  const listens = () =>
    engine('GET', '/_ping').then(
      () => true,
      () => false,
    );
  for (
    let waited = 0;
    !existsSync(`${root}/etc/dabook-lab`) || !existsSync(socket) || !(await listens());
    waited += 10
  ) {
    if (waited > 60_000) throw new Error('its dockerd does not listen after a minute');
    if (!existsSync(`/proc/${pid}`)) throw new Error('it ended while it started');
    await sleep(10);
  }
  return engine;
}

interface Task {
  readonly ServiceID: string;
  readonly Status: { readonly State: string; readonly Err?: string };
}

async function untilRunning(engine: Engine, services: number): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ 'desired-state': ['running'] }));
  for (let waited = 0; ; waited += 50) {
    const tasks = await engine<Task[]>('GET', `/tasks?filters=${filters}`);
    const running = new Set(
      tasks.filter((task) => task.Status.State === 'running').map((task) => task.ServiceID),
    );
    if (running.size === services) return;
    if (waited > 60_000) {
      const states = tasks.map(({ Status }) => `${Status.State} ${Status.Err ?? ''}`.trim()).join(', ');
      throw new Error(
        `${running.size} of ${services} services of the starting stack run after 60 s: ${states}`,
      );
    }
    await sleep(50);
  }
}
