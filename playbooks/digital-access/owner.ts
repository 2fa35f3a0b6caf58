import type { Host } from 'dabook';
import { fileState } from 'dabook/tasks';
import type { Installation } from './installation.ts';
import { isAtLeast } from './version.ts';

/** From this version on the services run as a user of their own. */
const ownUserSince = '6.2';
const productUser = { uid: 1003, gid: 1003 };

/** The user that the product's files belong to; nothing for versions that leave them as they are. */
export function productOwner({ owner, version }: Installation): Installation['owner'] {
  return owner ?? (isAtLeast(version, ownUserSince) ? productUser : undefined);
}

/** Whom a file that is put into a folder shall belong to: the product's user, or whomever the folder belongs to. */
export async function ownerOf(
  host: Host,
  dir: string,
  installation: Installation,
): Promise<{ readonly owner: string | number; readonly group: string | number }> {
  const wanted = productOwner(installation);
  if (wanted !== undefined) return { owner: wanted.uid, group: wanted.gid };
  const { owner, group } = await host.read(fileState(dir));
  return { owner: owner ?? 0, group: group ?? 0 };
}
