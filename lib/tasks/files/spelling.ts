import type { Ask } from '../../fact.ts';
import type { Owners } from '../../ownership.ts';
import { refuse } from '../../refuse.ts';
import { account } from './account.ts';
import type { Found } from './found.ts';

/**
 * Gives back how the owner of a file is to be written: as the playbook writes it where that is the same
 * account, so that `1003` and `nexus` are no difference; else by name.
 * @throws DabookError `refused` for an owner or a group that the host does not have
 */
export async function spelling(ask: Ask, wanted: Owners): Promise<(found: Found) => Owners> {
  const [uid, gid] = await Promise.all([
    numberOf(ask, 'user', wanted.owner),
    numberOf(ask, 'group', wanted.group),
  ]);
  return ({ uid: foundUid, gid: foundGid, owner, group }) => ({
    owner: uid !== undefined && uid === foundUid ? wanted.owner : owner,
    group: gid !== undefined && gid === foundGid ? wanted.group : group,
  });
}

/** The same of owners that a playbook writes in one place, as it writes them in another. */
export async function asWritten(ask: Ask, given: Owners, wanted: Owners): Promise<Owners> {
  const spelled = async (kind: 'user' | 'group', one: string | undefined, other: string | undefined) => {
    const [number, wantedNumber] = await Promise.all([numberOf(ask, kind, one), numberOf(ask, kind, other)]);
    return number === wantedNumber ? other : one;
  };
  const [owner, group] = await Promise.all([
    spelled('user', given.owner, wanted.owner),
    spelled('group', given.group, wanted.group),
  ]);
  return { owner, group };
}

async function numberOf(
  ask: Ask,
  kind: 'user' | 'group',
  name: string | undefined,
): Promise<number | undefined> {
  if (name === undefined) return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  const { id } = await ask.fact(account(kind, name));
  if (id !== undefined) return id;
  throw refuse(
    `${ask.host} has no ${kind} ${name}`,
    'make it first, or give a number: files may belong to accounts without a name',
  );
}
