import { labelsOf } from '../e2e/engine-truth.ts';
import type { Lab } from '../lab/lab.ts';

/** What is on the hosts of a lab, one fact a line; without ids, times and versions, which no two runs share. */
export type EndState = readonly string[];

const onEach = `
docker info -f 'swarm {{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}'
docker ps --format 'runs {{.Label "com.docker.swarm.service.name"}} {{.Image}}' | sort
docker network ls --format 'network {{.Name}} {{.Driver}} {{.Scope}}' | sort
cd /opt/nexus && find . -printf 'file %p %y %m %U:%G %l\\n' | sort
find . -type f -print0 | sort -z | xargs -0 sha256sum`;

const onManager = `
docker network ls --no-trunc --format '{{.ID}} {{.Name}}'
echo ---
docker config ls --format 'config {{.Name}}'
docker secret ls --format 'secret {{.Name}}'
docker node inspect $(docker node ls -q) -f 'node {{.Description.Hostname}} {{.Status.State}} {{.Spec.Role}} {{.Spec.Availability}}' | sort
echo ---
s=$(docker service ls -q); [ -z "$s" ] || docker service inspect $s -f '{{json .Spec}}'`;

/** Looks at every host: engines and files, never what dabook tells. */
export async function endStateOf(lab: Lab): Promise<EndState> {
  const each = lab.hosts.map(async ({ name }, index) => {
    const text = await lab.root(index + 1, onEach).text();
    return linesOf(text).map((line) => `${name}: ${line}`);
  });
  const [all, text, labels] = await Promise.all([
    Promise.all(each),
    lab.root(1, onManager).text(),
    labelsOf(lab),
  ]);
  const [networks = '', objects = '', services = ''] = text.split('---\n');
  const names = linesOf(networks).map((line) => line.split(' ') as [id: string, name: string]);
  const withNames = (line: string) =>
    names
      .reduce((now, [id, name]) => now.replaceAll(id, name), line)
      .replaceAll(/"(SecretID|ConfigID)":"[^"]*",/g, '');
  return [
    ...all.flat(),
    ...linesOf(objects),
    ...Object.entries(labels).map(([name, own]) => `labels of ${name}: ${JSON.stringify(sorted(own))}`),
    ...linesOf(services)
      .map((line) => `service ${withNames(line)}`)
      .sort(),
  ];
}

/** What one has and the other has not. */
export function differences(wanted: EndState, found: EndState): readonly string[] {
  return [
    ...without(wanted, found).map((line) => `missing: ${line}`),
    ...without(found, wanted).map((line) => `too much: ${line}`),
  ];
}

function without(lines: EndState, others: EndState): readonly string[] {
  const rest = new Set(others);
  return lines.filter((line) => !rest.has(line));
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function sorted(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => a.localeCompare(b, 'en')));
}
