import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { edge, isFramed } from '../plan/seal-plan.ts';

/**
 * Sees to it that a plan can be kept, and takes the place of nothing but an older plan: a slip of the pen would cost an
 * inventory.
 * @param given the plan's file, as the operator gave it
 * @returns its path
 * @throws DabookError `usage` where it could not be written, now, or where something else is there
 */
export async function planPlace(given: string, cwd: string): Promise<string> {
  const path = resolve(cwd, given);
  const refused = (why: string, hint: string, cause?: unknown) =>
    new DabookError('usage', `the plan cannot be kept in ${given === '' ? '""' : given}: ${why}`, {
      hint,
      cause,
    });
  const another = 'give another name: dabook plan replaces nothing but plans';
  if (given === '') throw refused('it is no name', 'give the name of a file: -o ha.plan');
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory() || given.endsWith('/'))
    throw refused('it is a folder', 'give the name of a file in it');
  if (there?.isSymbolicLink()) throw refused('it is a link, which would be replaced', another);
  if (there && !there.isFile()) throw refused('it is there, and is no regular file', another);
  const why = (error: unknown) =>
    // Whose name it could not open says nothing to anybody.
    refused(
      messageOf(error).split(', open ')[0] ?? '',
      'give a file in a folder that is there and may be written to',
      error,
    );
  if (there) {
    const isOlder = await isPlan(path).catch((error: unknown) => Promise.reject(why(error)));
    if (!isOlder) throw refused("it is there, and is no plan of dabook's", another);
  }
  const beside = join(dirname(path), `.dabook-${process.pid}-${randomBytes(6).toString('hex')}`);
  await open(beside, 'wx', 0o600)
    .then((file) => file.close())
    .catch((error: unknown) => Promise.reject(why(error)));
  await rm(beside);
  return path;
}

/** By its two ends: a plan may be large. */
async function isPlan(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const at = async (position: number) =>
      (await file.read(Buffer.alloc(edge), 0, edge, Math.max(0, position))).buffer.toString('latin1');
    const [start, end] = [await at(0), await at(size - edge)];
    return isFramed(start, end.slice(0, size));
  } finally {
    await file.close();
  }
}
