import type { Lab } from '../../lab/lab.ts';

/** Services of the end state, each with the host that runs it. */
const placed = `access-point ha3
administration ha1
authentication ha1
authentication1 ha2
distribution ha1
distribution1 ha2
policy ha1
policy1 ha2
postgres ha1`;

/** A worker's services with their folder, their id and the keys that they have. */
const configured = [
  { host: 2, folder: 'policy-service', id: 11, reached: 'policy1', keys: ['internal', 'shared'] },
  {
    host: 2,
    folder: 'authentication-service',
    id: 12,
    reached: 'authentication1',
    keys: ['internal', 'shared'],
  },
  { host: 2, folder: 'distribution-service', id: 13, reached: 'distribution1', keys: ['internal', 'shared'] },
  { host: 3, folder: 'access-point', id: 14, reached: undefined, keys: ['shared'] },
] as const;

/**
 * Asks engines and files, and none of the tools, whether the hosts are one installation.
 * @throws Error that says what is not so
 */
export async function verifyHa(lab: Lab): Promise<void> {
  const nodes = await lab.root(1, "docker node ls --format '{{.Hostname}} {{.Status}}' | sort").text();
  expect(nodes, 'ha1 Ready\nha2 Ready\nha3 Ready', 'nodes');
  const running = `docker stack ps da -f desired-state=running --format '{{.Name}} {{.Node}} {{.CurrentState}}'`;
  const tasks = await lab
    .root(1, `${running} | sed -n 's/^da_\\(.*\\)\\.1 \\([^ ]*\\) Running .*/\\1 \\2/p' | sort`)
    .text();
  expect(tasks, placed, 'services that run');
  for (const { host, folder, id, reached, keys } of configured) {
    const path = `/opt/nexus/config/${folder}`;
    const text = await lab.root(host, `cat ${path}/LocalConfiguration.xml`).text();
    const name = reached ?? lab.hosts[host - 1]?.address ?? '';
    const comments = /<!--[\s\S]*?-->|<note>[\s\S]*?<\/note>/g;
    const said = text.replace(comments, '');
    if (!new RegExp(`<core>\\s*<id>\\s*${id}\\s*</id>`).test(said))
      throw new Error(`${path} has not the id ${id}`);
    if (!said.includes(`"${name}"`) && !said.includes(`'${name}'`))
      throw new Error(`${path} has not the host ${name}`);
    for (const key of keys) {
      const held = await lab.root(host, `cat ${path}/keys/${key}.key`).text();
      expect(held, lab.hosts[0]?.keys[key] ?? '', `${key} key in ${path}`);
    }
  }
}

function expect(is: string, wanted: string, what: string): void {
  if (is.trim() !== wanted.trim()) throw new Error(`${what}: ${is.trim()}\nwanted: ${wanted}`);
}
