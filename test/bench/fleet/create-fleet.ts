import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { type CountingProxy, createCountingProxy, type Traffic } from './counting-proxy.ts';
import { type Sshd, startSshd } from './start-sshd.ts';

export interface FleetHost {
  readonly name: string;
  /** 127.x.y.z, of its own. */
  readonly address: string;
  /** The folder that is the host's own: all hosts share one file system. */
  readonly place: string;
}

/** Hosts of a case: one sshd answers on the address of each. */
export interface Fleet {
  readonly folder: string;
  readonly hosts: readonly FleetHost[];
  /** Port that every tool connects to. */
  readonly port: number;
  /** What every tool is given: YAML in Ansible's layout. */
  readonly inventory: string;
  /** What went through the proxy while the work was done. With a round trip every run goes through it. */
  counted(work: () => Promise<void>): Promise<Traffic>;
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly hosts: number;
  /** Seconds there and back; none by default, and no proxy but where traffic is counted. */
  readonly roundTrip?: number;
  /** Variables of every host, beside `place`. */
  readonly vars?: Readonly<Record<string, string | number>>;
  /** Further lines of sshd's settings. */
  readonly settings?: readonly string[];
}

/** Where tools connect to, and the sshd behind the proxy. */
const port = 2222;
const behind = 2223;

/**
 * Makes hosts in a case's own network: keys, known_hosts, an inventory and an sshd that lets root in. Root's home
 * folder is the controller's and that of every host.
 */
export async function createFleet(folder: string, options: FleetOptions): Promise<Fleet> {
  const { hosts: count, roundTrip = 0, vars = {}, settings } = options;
  const ssh = `${homedir()}/.ssh`;
  const hosts = Array.from({ length: count }, (_, index): FleetHost => {
    const name = `h${String(index + 1).padStart(4, '0')}`;
    const address = `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
    return { name, address, place: `${folder}/hosts/${name}` };
  });
  for (const { place } of hosts) await mkdir(place, { recursive: true });

  for (const file of [`${ssh}/id_ed25519`, `${folder}/host_key`]) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  }
  await writeFile(`${ssh}/authorized_keys`, await readFile(`${ssh}/id_ed25519.pub`));
  const hostKey = (await readFile(`${folder}/host_key.pub`, 'utf8')).trim();
  const known = hosts.map(({ address }) => `[${address}]:${port} ${hostKey}\n`);
  await writeFile(`${ssh}/known_hosts`, known.join(''));
  const inventory = `${folder}/hosts.yml`;
  await writeFile(inventory, inventoryText(hosts, vars));

  let direct: Sshd | undefined;
  let hidden: Sshd | undefined;
  let proxy: CountingProxy | undefined;
  const sshd = (to: number) => startSshd({ folder, port: to, hostKey: `${folder}/host_key`, settings });
  const startProxy = async () => {
    hidden ??= await sshd(behind);
    return createCountingProxy({ address: '0.0.0.0', port, target: behind, roundTrip });
  };
  if (roundTrip === 0) direct = await sshd(port);

  return {
    folder,
    hosts,
    port,
    inventory,
    async counted(work) {
      await direct?.stop();
      await proxy?.close();
      const counting = await startProxy();
      proxy = counting;
      try {
        await work();
        return counting.traffic();
      } finally {
        if (roundTrip === 0) {
          await counting.close();
          proxy = undefined;
          direct = await sshd(port);
        }
      }
    },
    async close() {
      await proxy?.close();
      await direct?.stop();
      await hidden?.stop();
    },
  };
}

function inventoryText(hosts: readonly FleetHost[], vars: Readonly<Record<string, string | number>>): string {
  const shared = {
    ansible_user: 'root',
    ansible_port: port,
    // Of no meaning to dabook; spares Ansible the search for an interpreter.
    ansible_python_interpreter: '/usr/bin/python3',
    ...vars,
  };
  return [
    'fleet:',
    '  vars:',
    ...Object.entries(shared).map(([name, value]) => `    ${name}: ${value}`),
    '  hosts:',
    ...hosts.map(({ name, address, place }) => `    ${name}: { ansible_host: ${address}, place: ${place} }`),
    '',
  ].join('\n');
}
