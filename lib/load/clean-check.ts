import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '../sha256.ts';
import type { SeenFiles } from './seen-files.ts';

/** A type check that found no fault, with what its outcome hangs on: as long as that is so, it would find none. */
interface CleanCheck {
  readonly present: Readonly<Record<string, string>>;
  readonly absent: readonly string[];
  readonly links: SeenFiles['links'];
}

/** Milliseconds; some file systems tell the time in whole seconds, and not by the clock of this machine. */
const margin = 2_000;

/**
 * Whether the check that is kept in a file would find no fault now either. Not where nothing is kept, or
 * what is kept cannot be read. It does not wait: a thousand small questions to the file system cost little
 * but their promises.
 * @param playbook one of the files that must have been checked
 */
export function isStillClean(kept: string, playbook: string): boolean {
  try {
    const { present, absent, links } = JSON.parse(readFileSync(kept, 'utf8')) as CleanCheck;
    return (
      present[playbook] !== undefined &&
      Object.entries(present).every(([path, stamp]) => stampOf(path) === stamp) &&
      !absent.some((path) => existsSync(path)) &&
      links.every(([path, target]) => realpathSync.native(path) === target)
    );
  } catch {
    return false;
  }
}

/**
 * Keeps in a file that a check found no fault. Not where something could have changed while it was checked:
 * what was read then is not known.
 * @param startedAt when the check was started, as `Date.now()` tells it
 * @param scratch a folder on the same file system, of this check alone
 */
export async function keepClean(
  kept: string,
  { present, absent, links }: SeenFiles,
  startedAt: number,
  scratch: string,
): Promise<void> {
  if (present.some((path) => changedAt(path) > startedAt - margin)) return;
  const stamps = Object.fromEntries(present.map((path) => [path, stampOf(path)]));
  const check: CleanCheck = { present: stamps, absent, links };
  const whole = join(scratch, 'clean.json');
  await writeFile(whole, JSON.stringify(check));
  await rename(whole, kept);
}

/** The file's content; of an installed package, the file that it is: npm makes another one of whatever it replaces. */
function stampOf(path: string): string {
  if (!path.includes('/node_modules/')) return sha256Of(readFileSync(path));
  const { ino, size, ctimeMs } = statSync(path);
  return `${ino} ${size} ${ctimeMs}`;
}

function changedAt(path: string): number {
  return Math.max(statSync(path).ctimeMs, lstatSync(path).ctimeMs);
}
