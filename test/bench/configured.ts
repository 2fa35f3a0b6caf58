import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createFleet, type Fleet } from './fleet/create-fleet.ts';

export interface ConfiguredOptions {
  readonly hosts: number;
  /** How often the ten tasks of `jobs/ten-tasks` are done, with other files each time. */
  readonly parts: number;
  readonly roundTrip?: number;
}

/** A fleet for the playbooks `jobs/config-*`, and what its hosts' folders hold. */
export interface Configured {
  readonly fleet: Fleet;
  /** Puts every host into the state that the playbook wants, or into one in which every task has something to do. */
  put(state: 'wanted' | 'before'): Promise<void>;
  /** @throws Error where a host is not as the playbook wants it */
  verify(): Promise<void>;
}

/** Makes the hosts, and the files that the playbooks copy to them: some two KB each. */
export async function createConfigured(folder: string, options: ConfiguredOptions): Promise<Configured> {
  const { hosts, parts, roundTrip = 0 } = options;
  const files = `${folder}/files`;
  await mkdir(files);
  const contents = new Map<string, string>();
  for (let part = 1; part <= parts; part++) {
    for (let number = 1; number <= 8; number++) {
      const name = `${part}-${number}.conf`;
      contents.set(name, setting(name, 'wanted'));
      await writeFile(`${files}/${name}`, setting(name, 'wanted'));
    }
  }
  const obsolete = Array.from({ length: parts }, (_, part) => [
    `${part + 1}-old.conf`,
    `${part + 1}-older.conf`,
  ]).flat();
  const fleet = await createFleet(folder, { hosts, roundTrip, vars: { files } });

  return {
    fleet,
    async put(state) {
      for (const { place } of fleet.hosts) {
        await rm(place, { recursive: true, force: true });
        await mkdir(place);
        for (const name of contents.keys()) await write(`${place}/${name}`, setting(name, state));
        if (state === 'before') for (const name of obsolete) await write(`${place}/${name}`, 'old\n');
      }
    },
    async verify() {
      const wanted = [...contents.keys()].sort().join(' ');
      for (const { name: host, place } of fleet.hosts) {
        const found = (await readdir(place)).sort().join(' ');
        if (found !== wanted) throw new Error(`${host} has the files ${found}, wanted are ${wanted}`);
        for (const [name, content] of contents) {
          if ((await readFile(`${place}/${name}`, 'utf8')) !== content) {
            throw new Error(`${host}: ${name} has another content than it should`);
          }
          const { mode } = await stat(`${place}/${name}`);
          if ((mode & 0o7777) !== 0o644) throw new Error(`${host}: ${name} has mode ${mode.toString(8)}`);
        }
      }
    },
  };
}

async function write(path: string, content: string): Promise<void> {
  await writeFile(path, content);
  await chmod(path, 0o644);
}

function setting(name: string, state: string): string {
  return Array.from({ length: 50 }, (_, line) => `${name}.setting.${line} = a value that is ${state}\n`).join(
    '',
  );
}
