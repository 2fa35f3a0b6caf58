import { refuse } from 'dabook';

/** A host of the inventory, with the address under which the other nodes reach it. */
export interface Member {
  readonly name: string;
  readonly vars: { readonly ip: string };
}

/**
 * Holds the inventory's groups against what one swarm with one manager can be.
 * @throws DabookError `refused` for several managers, a host that is manager and worker, and an address
 * that two hosts have
 */
export function checkHosts(managers: readonly Member[], workers: readonly Member[]): void {
  if (managers.length > 1) {
    throw refuse(
      `the group manager holds ${managers.length} hosts: ${managers.map(({ name }) => name).join(', ')}`,
      'leave the host whose swarm is kept in it, and put the others into the group workers',
    );
  }
  const both = workers.filter(({ name }) => managers.some((manager) => manager.name === name));
  if (both.length > 0) {
    throw refuse(
      `in the group manager and in the group workers: ${both.map(({ name }) => name).join(', ')}`,
      'leave it in one of them',
    );
  }
  const all = [...managers, ...workers];
  const shared = [...new Set(all.map(({ vars }) => vars.ip))]
    .map((ip) => ({ ip, names: all.filter(({ vars }) => vars.ip === ip).map(({ name }) => name) }))
    .filter(({ names }) => names.length > 1);
  if (shared.length === 0) return;
  throw refuse(
    shared.map(({ ip, names }) => `the address ${ip} is the ip of ${names.join(' and ')}`).join('\n'),
    'give each host the address under which the other nodes reach it',
  );
}
