import type { SwarmDoor } from '../../lib/lock/swarm-door.ts';
import type { DockerRequest, DockerResponse } from '../../lib/transport/session.ts';

interface Config {
  readonly name: string;
  readonly version: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a host of a scripted swarm says of itself. */
export type Membership = 'manager' | 'worker' | 'inactive' | 'leaderless';

/** A swarm's configs as its managers keep them, with the Engine's answers: see the lab test for the real ones. */
export interface MemorySwarm {
  readonly id: string;
  /** A host of it. Its membership may change at any time. */
  host(name: string): MemoryHost;
  configs(): readonly Config[];
  /** Requests so far, as `POST /configs/create`. */
  readonly asked: readonly string[];
}

export interface MemoryHost {
  membership: Membership;
  /** The swarm that it manages instead, once it has left this one. */
  other?: MemorySwarm | undefined;
  answer(request: DockerRequest): DockerResponse;
  /** A door to it, at once and without fault. */
  readonly door: SwarmDoor;
}

let swarms = 0;

export function createMemorySwarm(): MemorySwarm {
  const configs = new Map<string, Config>();
  const asked: string[] = [];
  const id = `swarm-${++swarms}`;
  let index = 10;

  const serve = ({ method, path, body = '{}' }: DockerRequest): DockerResponse => {
    const [, key = '', action, version] =
      /^\/configs\/([^/?]+)(?:\/(update)\?version=(\d+))?$/.exec(path) ?? [];
    const spec = JSON.parse(body) as { Name?: string; Labels?: Record<string, string>; Data?: string };
    if (method === 'POST' && key === 'create') {
      const name = spec.Name ?? '';
      if (!spec.Data) return fault(400, 'config data must be larger than 0 and less than 512000 bytes');
      if ([...configs.values()].some((config) => config.name === name))
        return fault(409, `rpc error: code = AlreadyExists desc = config ${name} already exists`);
      index += 1;
      const made = `config${index}`;
      configs.set(made, { name, version: index, labels: spec.Labels ?? {} });
      return respond(201, { ID: made });
    }
    const found =
      [...configs].find(([other]) => other === key) ?? [...configs].find(([, { name }]) => name === key);
    if (found === undefined) return fault(404, `config ${key} not found`);
    const [foundId, config] = found;
    if (method === 'GET') {
      return respond(200, {
        ID: foundId,
        Version: { Index: config.version },
        Spec: { Name: config.name, Labels: config.labels },
      });
    }
    if (method === 'DELETE') {
      configs.delete(foundId);
      return respond(204);
    }
    if (action !== 'update') return fault(404, 'page not found');
    if (config.version !== Number(version))
      return fault(500, 'rpc error: code = Unknown desc = update out of sequence');
    index += 1;
    configs.set(foundId, { ...config, version: index, labels: spec.Labels ?? {} });
    return respond(200);
  };

  const swarm: MemorySwarm = {
    id,
    asked,
    configs: () => [...configs.values()],
    host(name) {
      const node = `node-${name}-${id}`;
      const host: MemoryHost = {
        membership: 'manager',
        answer(request) {
          if (host.other !== undefined) return host.other.host(name).answer(request);
          asked.push(`${request.method} ${request.path}`);
          const { membership } = host;
          if (request.path === '/info') return respond(200, { Swarm: infoOf(membership, id, node) });
          if (membership === 'manager') return serve(request);
          if (membership === 'leaderless')
            return fault(500, 'rpc error: code = Unknown desc = The swarm does not have a leader.');
          return fault(503, 'This node is not a swarm manager.');
        },
        door: { host: name, swarm: id, node, ask: async (request) => host.answer(request) },
      };
      return host;
    },
  };
  return swarm;
}

function infoOf(membership: Membership, swarm: string, node: string): unknown {
  if (membership === 'inactive') return { LocalNodeState: 'inactive', NodeID: '', ControlAvailable: false };
  const active = { LocalNodeState: 'active', NodeID: node };
  if (membership === 'worker') return { ...active, ControlAvailable: false };
  if (membership === 'leaderless')
    return { ...active, ControlAvailable: true, Error: 'The swarm does not have a leader.' };
  return { ...active, ControlAvailable: true, Cluster: { ID: swarm } };
}

function respond(status: number, body?: unknown): DockerResponse {
  return { status, body: Buffer.from(body === undefined ? '' : JSON.stringify(body)), trip: 1 };
}

function fault(status: number, message: string): DockerResponse {
  return respond(status, { message });
}
