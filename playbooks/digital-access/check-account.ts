import { type Host, refuse } from 'dabook';
import { accountsById, fileState } from 'dabook/tasks';
import type { Installation } from './installation.ts';
import { productOwner } from './owner.ts';
import type { Service } from './service.ts';

/**
 * Holds a host's users against the one that the product runs as, from 6.2 on: its number is free, or the
 * product's files are its own already.
 * @throws DabookError `refused` where somebody else has it
 */
export async function checkAccount(
  host: Host,
  services: readonly Service[],
  installation: Installation,
): Promise<void> {
  const owner = productOwner(installation);
  const [service] = services;
  if (owner === undefined || service === undefined) return;
  const { user, group } = await host.read(accountsById(owner));
  if (user === undefined && group === undefined) return;
  const wanted = { owner: String(owner.uid), group: String(owner.gid) };
  const folder = await host.read(fileState(`${installation.config_root}/${service.folder}`, wanted));
  if (folder.owner === wanted.owner) return;
  const taken = [
    ...(user === undefined ? [] : [`the uid ${owner.uid} is ${user}`]),
    ...(group === undefined ? [] : [`the gid ${owner.gid} is ${group}`]),
  ];
  throw refuse(
    `${taken.join(' and ')} on this host, and the product's services run as ${owner.uid}:${owner.gid}`,
    'give that account another number, or say in the inventory whom the files belong to: owner: { uid: …, gid: … }',
  );
}
