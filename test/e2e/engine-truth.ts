import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';

/** What the engines and the file systems of a lab's hosts say: never what dabook reports. */
export interface Truth {
  /** By host: swarm state, nodes with their labels, service specs, networks, containers, files. */
  readonly [host: string]: string;
}

const look = `
docker info -f '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}} {{.Swarm.NodeID}}'
if [ "$(docker info -f '{{.Swarm.ControlAvailable}}')" = true ]; then
  docker node inspect $(docker node ls -q | sort) -f '{{.ID}} {{.Description.Hostname}} {{json .Spec}}'
  s=$(docker service ls -q | sort); [ -z "$s" ] || docker service inspect $s -f '{{.Spec.Name}} {{.Version.Index}} {{json .Spec}}'
  docker network ls -q -f driver=overlay | sort
fi
docker ps -aq --no-trunc | sort
cd /opt/nexus && find . -printf '%p %y %m %U:%G %T@\\n' | sort
find . -type f -print0 | sort -z | xargs -0 sha256sum`;

/** Everything that a run could have changed, on every host. */
export async function truthOf(lab: Lab): Promise<Truth> {
  const entries = lab.hosts.map(
    async ({ name }, index) => [name, await lab.root(index + 1, look).text()] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** The clock of each host's engine, to ask for its events since then. */
export async function now(lab: Lab): Promise<string> {
  const text = await lab.root(1, 'date +%s.%N').text();
  return text.trim();
}

/**
 * What the engines of all hosts did since then, one line each. Looking leaves no event, except that
 * commands run in containers, which only their own health checks do.
 */
export async function eventsSince(lab: Lab, since: string): Promise<readonly string[]> {
  const format = '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}';
  const each = lab.hosts.map(async ({ name }, index) => {
    const command = `docker events --since ${since} --until "$(date +%s.%N)" --format '${format}'`;
    const lines = (await lab.root(index + 1, command).text()).split('\n');
    return lines
      .filter((line) => line !== '' && !line.startsWith('container exec'))
      .map((line) => `${name}: ${line}`);
  });
  return (await Promise.all(each)).flat();
}

/**
 * Waits until no engine has told of anything for two seconds: what an engine was asked to do goes on
 * after its answer (a swarm's networks go a moment after the swarm was left).
 * @throws Error when an engine still tells of something after a minute
 */
export async function untilQuiet(lab: Lab): Promise<void> {
  for (let tried = 0; tried < 30; tried++) {
    const since = await now(lab);
    await sleep(2000);
    if ((await eventsSince(lab, since)).length === 0) return;
  }
  throw new Error('the engines of the lab still tell of events after a minute');
}

/** Labels of the swarm's ready nodes by host name, as the manager's engine has them. */
export async function labelsOf(lab: Lab): Promise<Record<string, Record<string, string>>> {
  const format = '{{.Description.Hostname}} {{.Status.State}} {{json .Spec.Labels}}';
  const text = await lab.root(1, `docker node inspect $(docker node ls -q) -f '${format}'`).text();
  const rows = text
    .trim()
    .split('\n')
    .map((line) => /^(\S+) (\S+) (.*)$/.exec(line) ?? []);
  return Object.fromEntries(
    rows
      .filter(([, , state]) => state === 'ready')
      .map(([, name, , json]) => [name, JSON.parse(json ?? '{}')]),
  );
}

/** Where the running tasks of the stack are: service to host name. */
export async function placesOf(lab: Lab): Promise<Record<string, string>> {
  const format = '{{.Name}} {{.Node}} {{.CurrentState}}';
  const text = await lab
    .root(1, `docker stack ps da --filter desired-state=running --format '${format}'`)
    .text();
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return Object.fromEntries(
    rows
      .filter(([, , state]) => state === 'Running')
      .map(([task = '', node]) => [task.replace(/^da_|\.\d+$/g, ''), node ?? '']),
  );
}
