import type { Lab } from '../lab/lab.ts';

/** What is on the hosts, as the engines and the file systems say: each thing by a name, with what it is like. */
export type Observed = ReadonlyMap<string, string>;

const onEach = `
docker info -f 'swarm {{.Swarm.NodeID}} {{.Swarm.ControlAvailable}}'
cd /opt/nexus && find . -mindepth 1 -printf 'path %P\\t%y %m %U:%G %l\\n'
find . -type f -printf '%P\\n' | sort | while IFS= read -r f; do printf 'text %s\\t%s\\n' "$f" "$(sha256sum < "$f")"; done`;

const onManager = `
docker node inspect $(docker node ls -q) -f 'node {{.ID}} {{.Description.Hostname}} {{.Spec.Role}} {{.Spec.Availability}} {{json .Spec.Labels}}'
s=$(docker service ls -q); [ -z "$s" ] || docker service inspect $s -f 'service {{.Spec.Name}} {{.ID}} {{json .Spec}}'
docker network ls -f driver=overlay --no-trunc --format 'network {{.Name}} {{.ID}}'
docker config ls --format 'config {{.Name}} {{.ID}}'
docker secret ls --format 'secret {{.Name}} {{.ID}}'`;

/** Looks at all that a run could change. */
export async function observe(lab: Lab): Promise<Observed> {
  const found = new Map<string, string>();
  const each = lab.hosts.map(async ({ name }, index) => {
    for (const line of linesOf(await lab.root(index + 1, onEach).text())) {
      const [what = '', ...rest] = line.split(' ');
      const [path = '', value = ''] = rest.join(' ').split('\t');
      if (what === 'swarm') found.set(`swarm of ${name}`, rest.join(' '));
      else
        found.set(
          `file ${name}:/opt/nexus/${path}`,
          `${found.get(`file ${name}:/opt/nexus/${path}`) ?? ''}${value}`,
        );
    }
  });
  await Promise.all(each);
  for (const line of linesOf(await lab.root(1, onManager).text())) {
    const [what = '', name = '', ...rest] = line.split(' ');
    if (what !== 'node') {
      found.set(`${what} ${name}`, rest.join(' '));
      continue;
    }
    const [hostname = '', role = '', availability = '', ...labels] = rest;
    found.set(`node ${name}`, hostname);
    found.set(`role of ${name}`, role);
    found.set(`availability of ${name}`, availability);
    found.set(
      `labels of ${name}`,
      JSON.stringify(Object.entries(JSON.parse(labels.join(' ') || '{}') ?? {}).sort()),
    );
  }
  return found;
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
