import type { Engine } from '../lab/engine.ts';
import type { Lab } from '../lab/lab.ts';

/** What is on the hosts, as the engines and the file systems say: each thing by a name, with what it is like. */
export type Observed = ReadonlyMap<string, string>;

const files = String.raw`cd /opt/nexus && find . -mindepth 1 -printf 'path %P\t%y %m %U:%G %l\n'
find . -type f -print0 | xargs -0r sha256sum | sed 's|^\([0-9a-f]*\)  \./\(.*\)$|text \2\t\1|'`;

interface Named {
  readonly ID: string;
  readonly Spec: { readonly Name: string };
}

/** A node as an Engine tells of it. */
export interface Node {
  readonly ID: string;
  readonly Status: { readonly State: string };
  readonly Description: { readonly Hostname: string };
  readonly Spec: {
    readonly Role: string;
    readonly Availability: string;
    readonly Labels?: Readonly<Record<string, string>>;
  };
}

/** Looks at all that a run could change. */
export async function observe(lab: Lab): Promise<Observed> {
  const found = new Map<string, string>();
  const each = lab.hosts.map(async ({ name }, index) => {
    const info = lab.engine(index + 1)<{ Swarm: { NodeID: string; ControlAvailable: boolean } }>(
      'GET',
      '/info',
    );
    for (const line of linesOf(await lab.root(index + 1, files).text())) {
      const [, path = '', value = ''] = /^(?:path|text) ([^\t]*)\t(.*)$/.exec(line) ?? [];
      const thing = `file ${name}:/opt/nexus/${path}`;
      found.set(thing, `${found.get(thing) ?? ''}${value}`);
    }
    const { NodeID, ControlAvailable } = (await info).Swarm;
    found.set(`swarm of ${name}`, `${NodeID} ${ControlAvailable}`);
  });
  await Promise.all([...each, observeSwarm(lab.engine(1), found)]);
  return found;
}

/** What a swarm that has lost its leader tells: nothing. */
export function leaderless(error: unknown): readonly [] {
  if (/does not have a leader|context deadline|not a swarm manager/.test(String(error))) return [];
  throw error;
}

async function observeSwarm(manager: Engine, found: Map<string, string>): Promise<void> {
  const overlay = encodeURIComponent(JSON.stringify({ driver: ['overlay'] }));
  const [nodes, services, networks, configs, secrets] = await Promise.all([
    manager<readonly Node[]>('GET', '/nodes').catch(leaderless),
    manager<readonly Named[]>('GET', '/services').catch(leaderless),
    manager<readonly { Name: string; Id: string }[]>('GET', `/networks?filters=${overlay}`),
    manager<readonly Named[]>('GET', '/configs').catch(leaderless),
    manager<readonly Named[]>('GET', '/secrets').catch(leaderless),
  ]);
  for (const { ID, Description, Spec } of nodes) {
    found.set(`node ${ID}`, Description.Hostname);
    found.set(`role of ${ID}`, Spec.Role);
    found.set(`availability of ${ID}`, Spec.Availability);
    found.set(`labels of ${ID}`, JSON.stringify(Object.entries(Spec.Labels ?? {}).sort()));
  }
  for (const { ID, Spec } of services) found.set(`service ${Spec.Name}`, `${ID} ${JSON.stringify(Spec)}`);
  for (const { Name, Id } of networks) found.set(`network ${Name}`, Id);
  for (const { ID, Spec } of configs) found.set(`config ${Spec.Name}`, ID);
  for (const { ID, Spec } of secrets) found.set(`secret ${Spec.Name}`, ID);
}

/** The names of what is another, is new or is gone. */
export function changed(before: Observed, after: Observed): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** What the engines tell of since then: `service da_policy`, `node 4kx…`. */
export interface Told {
  /** What somebody made, changed or removed. */
  readonly changed: readonly string[];
  /** What changed for whatever reason: the Engine writes to its nodes by itself. */
  readonly all: readonly string[];
}

/** What the engines say that was made, changed or removed since then. */
export async function objectsOfEvents(lab: Lab, since: string): Promise<Told> {
  const format = '{{.Type}}\t{{.Action}}\t{{.Actor.ID}}\t{{json .Actor.Attributes}}';
  const each = lab.hosts.map(async (_host, index) => {
    const command = `docker events --since ${since} --until "$(date +%s.%N)" --filter scope=swarm --format '${format}'`;
    return linesOf(await lab.root(index + 1, command).text()).flatMap((line) => {
      const [type = '', action = '', id = '', json = '{}'] = line.split('\t');
      const attributes = JSON.parse(json) as Readonly<Record<string, string>>;
      // A node that is heard of, or is not any more, was changed by nobody.
      const isState = Object.keys(attributes).some((key) => /^(state|leader|reachability)\./.test(key));
      if (isState || !['service', 'node', 'network', 'config', 'secret'].includes(type)) return [];
      // The lock of a run.
      if (type === 'config' && attributes.name === 'dabook.lock') return [];
      if (type === 'service' && Object.keys(attributes).some((key) => /^updatestate\./.test(key))) return [];
      const isOwn = type === 'node' && action === 'update';
      return [{ what: `${type} ${type === 'node' ? id : (attributes.name ?? id)}`, isOwn }];
    });
  });
  const told = (await Promise.all(each)).flat();
  const names = (list: typeof told) => [...new Set(list.map(({ what }) => what))].sort();
  return { changed: names(told.filter(({ isOwn }) => !isOwn)), all: names(told) };
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
