import { type Host, refuse } from 'dabook';
import { accountsById, fileState } from 'dabook/tasks';
import type { Installation } from './installation.ts';
import { productOwner } from './owner.ts';
import type { Service } from './service.ts';

/**
 * Holds a host's users against the one that the product runs as, from 6.2 on: user and group are each free, or
 * one of the product's folders is theirs already. Where the inventory says whom the files belong to, that is so.
 * @param services those of the host; a database runs as a user of its own
 * @throws DabookError `refused` where somebody else has the number of either
 */
export async function checkAccount(
  host: Host,
  services: readonly Service[],
  installation: Installation,
): Promise<void> {
  const owner = productOwner(installation);
  const folders = services.filter(({ kind }) => kind !== 'database').map(({ folder }) => folder);
  if (owner === undefined || installation.owner !== undefined || folders.length === 0) return;
  const { user, group } = await host.read(accountsById(owner));
  if (user === undefined && group === undefined) return;
  const wanted = { owner: String(owner.uid), group: String(owner.gid) };
  const states = await Promise.all(
    folders.map((folder) => host.read(fileState(`${installation.config_root}/${folder}`, wanted))),
  );
  const taken = [
    ...(user === undefined || states.some((state) => state.owner === wanted.owner)
      ? []
      : [`the uid ${owner.uid} is ${user}`]),
    ...(group === undefined || states.some((state) => state.group === wanted.group)
      ? []
      : [`the gid ${owner.gid} is ${group}`]),
  ];
  if (taken.length === 0) return;
  throw refuse(
    `${taken.join(' and ')} on this host, and the product's services run as ${owner.uid}:${owner.gid}`,
    'give that account another number, or say in the inventory whom the files belong to: owner: { uid: …, gid: … }',
  );
}
