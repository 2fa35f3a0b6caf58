import { dirname, resolve } from 'node:path';
import { type Bound, bind, type ExtraVars } from '../bind.ts';
import { DabookError } from '../errors.ts';
import { readExtraVars } from '../inventory/extra-vars.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { openText } from '../inventory/open-text.ts';
import { LARGEST_FILE } from '../inventory/read-opened.ts';
import { checkFile } from '../load/check-file.ts';
import { checkTypes } from '../load/check-types.ts';
import { createImporter } from '../load/import-module.ts';
import { loadPlaybook } from '../load/load-playbook.ts';
import type { Playbook } from '../playbook.ts';
import { readBounded } from '../read-bounded.ts';
import { isRead } from '../secret.ts';
import type { Keys } from '../secrets/keys.ts';
import { secretsIn } from '../secrets-in.ts';
import { prepareConnector } from './connector.ts';
import type { Io } from './io.ts';
import { limitOf } from './limit.ts';
import { readInventory } from './read-inventory.ts';
import { readNeededSecrets } from './read-needed-secrets.ts';
import type { RunFlags } from './run-flags.ts';
import { secretKeys } from './secret-keys.ts';
import type { StartUpClock } from './start-up.ts';
import { warn } from './warn.ts';
import type { Cache } from './with-cache.ts';
import { withPasswords } from './with-passwords.ts';

/** What a run is made of. */
export interface Input {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly extraVars: ExtraVars;
  readonly limit: ReadonlySet<string> | undefined;
}

/**
 * Reads what a run begins with, and has the secrets read that it needs and passwords typed.
 * @throws DabookError with all that is wrong with it
 */
export async function readInput(
  io: Io,
  file: string,
  flags: RunFlags,
  cache: Cache,
  { phase }: Pick<StartUpClock, 'phase'>,
): Promise<Input> {
  const path = resolve(io.cwd(), file);
  await checkFile(path, file);
  const keys = secretKeys(io, flags);
  const extraVars = await readVars(io, flags.extraVars, keys);
  const [playbook, inventory] = await Promise.all([
    readPlaybook(io, path, flags.typeCheck, cache, phase),
    phase('inventory', () =>
      readInventory(io, { ...flags, playbook: path, extraVars: extraVars.vars, keys }, cache),
    ).then((read) => {
      prepareConnector(read.hosts.map(({ target }) => target));
      return read;
    }),
  ]);
  const limit = await limitOf(io, inventory, playbook.name, flags.limit);
  const isUnread = hasUnread(inventory, extraVars);
  const isAsked = flags.askPass || flags.askBecomePass;
  if (!isUnread && !isAsked) return { playbook, inventory, extraVars, limit };
  // Nobody should type a password, or open a password manager, for a run that cannot begin.
  const bound = await bind(playbook, inventory, extraVars);
  if (isUnread) await phase('secrets', () => readNeededSecrets(io, neededBy(bound), keys));
  if (!isAsked) return { playbook, inventory, extraVars, limit };
  const asked = await phase('passwords', () => withPasswords(io, inventory, flags));
  return { playbook, inventory: asked, extraVars, limit };
}

/** The type check runs beside the loading: both must be well before anything is connected to. */
async function readPlaybook(
  io: Io,
  path: string,
  typeCheck: boolean,
  cache: Cache,
  phase: StartUpClock['phase'],
): Promise<Playbook> {
  const cwd = io.cwd();
  if (typeCheck && cache.folder === undefined) warn(io, 'types are not checked: no folder can be written to');
  const { folder } = cache;
  const checking =
    typeCheck && folder !== undefined ? phase('type check', () => checkTypes(path, folder, cwd)) : [];
  const loading = phase('playbook', async () => loadPlaybook(path, await createImporter(cache.kept), cwd));
  const [checked, loaded] = await Promise.allSettled([checking, loading]);
  if (checked.status === 'fulfilled' && checked.value.length > 0) {
    throw new DabookError('playbook', 'the playbook has type errors; nothing was connected to', {
      faults: checked.value,
    });
  }
  if (loaded.status === 'rejected') throw loaded.reason;
  if (checked.status === 'rejected') throw checked.reason;
  return loaded.value;
}

/** Whether there is a secret that is read only when it is needed. */
function hasUnread({ hosts, groups }: Inventory, { vars }: ExtraVars): boolean {
  // Passwords that reach a host are among its variables.
  const held = [vars, hosts.map((host) => host.vars), groups.get('all')?.vars];
  return secretsIn(held).some((found) => !isRead(found));
}

/** What the playbook's schemas passed on, and what reaches its hosts. */
function neededBy({ vars, groups }: Bound): unknown {
  return [vars, ...Object.values(groups).map((hosts) => hosts.map(({ host, vars }) => [vars, host.target]))];
}

async function readVars(io: Io, args: readonly string[], keys: Keys): Promise<ExtraVars> {
  const open = async (name: string) => {
    const path = resolve(io.cwd(), name);
    const read = await readBounded(path, LARGEST_FILE);
    if ('wrong' in read) throw new DabookError('inventory', `it ${read.wrong}`);
    const opened = await openText(read.bytes, name, keys);
    if (opened === undefined) throw new DabookError('bug', `${name} was not opened`);
    return { ...opened, folder: dirname(path) };
  };
  const { faults, ...extra } = await readExtraVars(args, io.cwd(), open);
  if (faults.length > 0)
    throw new DabookError('usage', 'the variables given with -e cannot be used', { faults });
  return extra;
}
