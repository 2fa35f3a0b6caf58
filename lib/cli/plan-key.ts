import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { writeControlFile } from '../write-control-file.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';

const hint = 'name a file of your own: DABOOK_PLAN_KEY=<file>';

/**
 * The key that seals plans: of `DABOOK_PLAN_KEY`, else of `$XDG_STATE_HOME/dabook/plan.key`, else of
 * `~/.local/state/dabook/plan.key`. Whoever has it can make plans that this user's dabook takes.
 * @param make whether to make one where there is none
 * @throws DabookError `usage` where there is none, or others may read it
 */
export async function planKey(io: Io, { make }: { readonly make: boolean }): Promise<Uint8Array> {
  const path = placeOf(io);
  const found = await read(path);
  if (found !== undefined) return found;
  if (!make) {
    throw new DabookError('usage', `there is no ${path}: no plan was made by this user on this machine`, {
      hint: 'make the plan here, or name the key of the machine that made it: DABOOK_PLAN_KEY=<file>',
    });
  }
  await writeControlFile(path, Buffer.from(`${randomBytes(32).toString('hex')}\n`));
  // Of two that make one at the same moment the one that is there in the end is the key of both.
  return (await read(path)) ?? planKey(io, { make: false });
}

async function read(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new DabookError('usage', `the key of plans cannot be read: ${messageOf(error)}`, { hint });
  });
  if (file === undefined) return undefined;
  try {
    const { uid, mode, size } = await file.stat();
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) {
      throw new DabookError('usage', `the key of plans, ${path}, could be read by others`, {
        hint: `make it yours alone: chmod 600 ${path}`,
      });
    }
    const text = size > 1000 ? '' : (await file.readFile('utf8')).trim();
    if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
    throw new DabookError('usage', `${path} is no key of plans`, {
      hint: 'it has 64 hexadecimal digits; remove it, and dabook plan makes a new one',
    });
  } finally {
    await file.close();
  }
}

function placeOf(io: Io): string {
  const { DABOOK_PLAN_KEY: given, XDG_STATE_HOME: state } = io.env;
  if (given) return resolve(io.cwd(), given);
  const { home } = operator(io);
  const base = state && isAbsolute(state) ? state : home && join(home, '.local', 'state');
  if (base) return join(base, 'dabook', 'plan.key');
  throw new DabookError('usage', 'this user has no home folder to keep the key of plans in', { hint });
}
