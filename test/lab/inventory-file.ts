import { stringify } from 'yaml';
import { USERS } from './host-files.ts';

export interface InventoryHost {
  readonly name: string;
  readonly address: string;
  readonly services: readonly string[];
}

/** The lab's hosts as an inventory, in Ansible's layout: one manager, the others workers. */
export function inventoryText(
  hosts: readonly InventoryHost[],
  keyFile: string,
  knownHostsFile: string,
): string {
  const entries = hosts.map(({ name, address, services }) => [
    name,
    { ansible_host: address, ip: address, services },
  ]);
  return stringify({
    all: {
      vars: {
        ansible_user: USERS.plain,
        ansible_ssh_private_key_file: keyFile,
        ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHostsFile}`,
      },
      children: {
        manager: { hosts: Object.fromEntries(entries.slice(0, 1)) },
        workers: { hosts: Object.fromEntries(entries.slice(1)) },
      },
    },
  });
}

/** The same hosts for OpenSSH: `ssh -F FILE ha1`. */
export function sshConfigText(
  hosts: readonly InventoryHost[],
  keyFile: string,
  knownHostsFile: string,
): string {
  const names = hosts.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`).join('');
  const all = [
    `User ${USERS.plain}`,
    `IdentityFile ${keyFile}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${knownHostsFile}`,
  ];
  return `${names}Host *\n${[...all, 'StrictHostKeyChecking yes'].map((line) => `  ${line}\n`).join('')}`;
}
