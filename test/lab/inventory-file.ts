import { stringify } from 'yaml';
import { USERS } from './host-files.ts';
import { portOf, serviceOf } from './placement.ts';

export interface InventoryHost {
  readonly name: string;
  readonly address: string;
  readonly services: readonly string[];
}

export interface InventoryInput {
  readonly hosts: readonly InventoryHost[];
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** Version of the product, which is also the tag of its images. */
  readonly version: string;
}

/**
 * The lab's hosts as an inventory, in Ansible's layout: one manager, the others workers; and the description of the
 * installation that they are to become.
 */
export function inventoryText({ hosts, keyFile, knownHostsFile, version }: InventoryInput): string {
  const entries = hosts.map(({ name, address }) => [name, { ansible_host: address, ip: address }]);
  return stringify({
    all: {
      vars: {
        ansible_user: USERS.plain,
        ansible_ssh_private_key_file: keyFile,
        ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHostsFile}`,
        stack: 'da',
        version,
        // No host of a lab reaches a registry.
        resolve_image: 'never',
        services: Object.fromEntries(hosts.flatMap(servicesOn)),
      },
      children: {
        manager: { hosts: Object.fromEntries(entries.slice(0, 1)) },
        workers: { hosts: Object.fromEntries(entries.slice(1)) },
      },
    },
  });
}

/** The manager's services are as its compose files say; of the added ones the port has to be told. */
function servicesOn({ name: node, services }: InventoryHost, index: number) {
  return services.map((name) => {
    const port = portOf(serviceOf(name));
    return [name, index === 0 || port === undefined ? { node } : { node, ports: [port] }] as const;
  });
}

/** The same hosts for OpenSSH: `ssh -F FILE ha1`. */
export function sshConfigText({ hosts, keyFile, knownHostsFile }: Omit<InventoryInput, 'version'>): string {
  const names = hosts.map(({ name, address }) => `Host ${name}\n  HostName ${address}\n`).join('');
  const all = [
    `User ${USERS.plain}`,
    `IdentityFile ${keyFile}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${knownHostsFile}`,
  ];
  return `${names}Host *\n${[...all, 'StrictHostKeyChecking yes'].map((line) => `  ${line}\n`).join('')}`;
}
