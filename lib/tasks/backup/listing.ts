import { DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { sh } from '../../sh.ts';
import { sha256Of } from '../../sha256.ts';
import { listingFunctions } from './listing-script.ts';
import { parseListing, type SavedFile } from './parse-listing.ts';
import type { SavedPaths } from './saved-paths.ts';

/** All that is at or below some paths of a host. */
export interface Listing {
  /** SHA-256 of its lines in order: the same for as long as nothing but times has changed. */
  readonly sha256: string;
  readonly files: readonly SavedFile[];
  /** The paths at which nothing is. */
  readonly missing: readonly string[];
}

/** Less than what a connection takes of one command: beyond that it would be cut. */
const mostBytes = 12 * 2 ** 20;

/**
 * Lists what is at or below some paths, with checksums: every file there is read, none is changed.
 * @throws DabookError `command` for what the user may not read and for what vanishes meanwhile; `refused`
 * for some ten thousand files and more, and for a name that is no UTF-8
 */
export async function readListing(ask: Ask, saved: SavedPaths): Promise<Listing> {
  const command = sh`${listingFunctions(saved)}
{ list; echo "E $?"; } | head -c ${mostBytes}`;
  const { stdout, stderr } = await ask.sh(command);
  if (stdout.length === mostBytes) {
    throw refuse(
      `${saved.paths.join(', ')} on ${ask.host} hold too many files to be listed`,
      'leave out the folders that need no backup: exclude',
    );
  }
  const lines = stdout.split('\n').slice(0, -1);
  if (lines.pop() !== 'E 0') {
    const reason = stderr.trim().split('\n').at(-1) ?? '';
    throw new DabookError('command', `${ask.host}: ${saved.paths.join(', ')} cannot be listed: ${reason}`, {
      hint: hintFor(reason, ask.become),
      command: { shown: command.text, status: 1, stderr },
    });
  }
  lines.sort();
  const sha256 = sha256Of(lines.map((line) => `${line}\n`).join(''));
  return { sha256, ...parseListing(lines, saved.paths) };
}

function hintFor(reason: string, become: boolean): string | undefined {
  if (/permission denied/i.test(reason)) {
    return become ? 'root itself may not read it there' : 'run as root: become: true, or -b';
  }
  if (reason.includes('No such file')) return 'run again when nothing is at work there';
  return undefined;
}
