import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { canary } from '../canary/canary.ts';
import { type HostIdentity, hostFiles } from './host-files.ts';
import { buildImages } from './images.ts';
import { inventoryText, sshConfigText } from './inventory-file.ts';
import type { KeyContents } from './lab-record.ts';
import { writeSeed } from './seed-file.ts';
import { sh } from './shell.ts';
import { startingFiles } from './starting-state.ts';

const HOST_KEY_TYPES = ['ed25519', 'ecdsa'] as const;

/** The files of a lab that its users read; their names never change. */
export function filesOf(folder: string) {
  return {
    inventoryFile: `${folder}/hosts.yml`,
    knownHostsFile: `${folder}/known_hosts`,
    sshConfigFile: `${folder}/ssh_config`,
    keyFile: `${folder}/id_ed25519`,
    passwordFile: `${folder}/admin-password`,
  };
}

interface LabHost extends HostIdentity {
  readonly services: readonly string[];
  readonly keys: KeyContents;
}

export interface WriteFilesInput {
  readonly folder: string;
  readonly hosts: readonly LabHost[];
  /** Version of the product that runs at the start. */
  readonly tag: string;
  /** uid and gid of the product's files and processes. */
  readonly uid: number;
}

/** Writes all that a lab needs before its hosts start: keys, password, inventory, images, the files of each host. */
export async function writeFiles({ folder, hosts, tag, uid }: WriteFilesInput): Promise<void> {
  const files = filesOf(folder);
  const password = canary('admin password');
  await writeFile(files.passwordFile, password, { mode: 0o600 });
  await sh`ssh-keygen -q -t ed25519 -N ${''} -C dabook-lab -f ${files.keyFile}`;
  const publicKey = (await readFile(`${files.keyFile}.pub`, 'utf8')).trim();
  const passwordHash = (await sh({ input: `${password}\n` })`busybox mkpasswd -m sha512 -P 0`).stdout.trim();
  const known: string[] = [];
  const carried = hosts.map(({ services }) => services);
  const prepare = async (host: LabHost, index: number) => {
    const seed = `${folder}/seed/${host.name}`;
    await mkdir(`${folder}/seed`, { recursive: true });
    await writeSeed(seed, [
      { path: '/etc/dabook-lab', text: `${folder}\n` },
      ...(await hostFiles({ host, all: hosts, publicKey, passwordHash })),
      ...startingFiles({ index, carried, keys: host.keys, tag, uid }),
    ]);
    known.push(...(await hostKeys(`${seed}/etc/ssh`, host)));
  };
  await Promise.all([buildImages(folder, uid), ...hosts.map(prepare)]);
  await writeFile(files.knownHostsFile, known.sort().join(''));
  const { keyFile, knownHostsFile } = files;
  await writeFile(files.inventoryFile, inventoryText({ hosts, keyFile, knownHostsFile, version: tag }));
  await writeFile(files.sshConfigFile, sshConfigText({ hosts, keyFile, knownHostsFile }));
}

/** Makes a host's keys, which stay its own through every reset, and tells their lines of known_hosts. */
async function hostKeys(folder: string, host: HostIdentity): Promise<string[]> {
  const lines = HOST_KEY_TYPES.map(async (type) => {
    const file = `${folder}/ssh_host_${type}_key`;
    await sh`ssh-keygen -q -t ${type} -N ${''} -C ${host.name} -f ${file}`;
    const [kind, key] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
    return `${host.address} ${kind} ${key?.trim()}\n`;
  });
  return Promise.all(lines);
}
