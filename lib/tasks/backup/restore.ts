import { equal } from '../../equal.ts';
import { messageOf } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { posixQuote } from '../../posix-quote.ts';
import { refuse } from '../../refuse.ts';
import { exec } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { laterState } from '../../unknown.ts';
import { foreseenBelow, isForeseenAt, obscureFolder } from '../files/foreseen-paths.ts';
import { unknownFile } from '../files/unknown-file.ts';
import { controlPath } from './archive-place.ts';
import { readListing } from './listing.ts';
import type { SavedFile } from './parse-listing.ts';
import { type ReadArchive, readArchive } from './read-archive.ts';
import { restoreNeeds } from './restore-needs.ts';
import { restoreScript } from './restore-script.ts';
import { isWithin, plainPath } from './saved-paths.ts';

export interface RestoreArgs {
  /** A file of the control machine that `backup` made; its path is in the state that `backup` leaves. */
  readonly archive: string | URL;
  /** Only these files and folders of it, with all that is below them. All of it by default. */
  readonly paths?: readonly string[];
  /** The host that the archive is of, where it is not the one that it is restored on. */
  readonly from?: string;
}

/** A file, a folder or a link as it is on the host, or as the archive has it. */
export interface RestoredFile extends Omit<SavedFile, 'path' | 'sha256' | 'mtime'> {
  /** The first half of the content's SHA-256: enough to tell files apart. */
  readonly fingerprint?: string;
}

/** The archive that the files are held against. No diff and no event has it, since those take what has a name. */
const source = Symbol('source');

export interface RestoreState {
  /** What is on the host of all that the archive has, by path. What is missing is not in it. */
  readonly files: Readonly<Record<string, RestoredFile>>;
  /** What is on the host and not in the archive; left alone. The first 20 paths. */
  readonly extra: readonly string[];
  /** How many there are. */
  readonly extras: number;
  readonly [source]: ReadArchive;
}

const shownExtra = 20;

/**
 * The files, folders and links of an archive are on the host again as they were: contents, owners by number,
 * modes, where links point to; and the times of what had to be written. What is as it was is not touched, what
 * the archive does not have is left alone. Hard links come back as files of their own.
 *
 * The archive is unpacked in a private folder of the host first, then each file is copied into a private
 * folder beside its place and renamed into it, so nobody sees half of one. When it fails in the middle, some files
 * are back and others are not yet, and a folder that it made is still closed to everybody else: the same
 * restore brings the rest, but for the time of a folder in which nothing is left to be written. A folder above the chosen
 * paths has its owner and mode as soon as it is there.
 *
 * What other users may have put there is never followed: below a path that was saved, a link in the place of
 * a folder ends it, and one in the place of a file is replaced. Folders above that path are followed and,
 * where missing, made with mode 0755.
 * @throws DabookError `refused` for an archive that cannot be read or is damaged, for that of another host, for
 * paths that it does not have, and where a folder is in the place of a file or the other way round; `playbook`
 * for paths that are no absolute ones
 * @example await host.run(restore({ archive: state.archive.path, paths: ['/opt/nexus/config/policy'] }))
 */
export function restore({ archive, paths, from }: RestoreArgs): Task<RestoreState> {
  return bringBack({ path: controlPath(archive), only: paths?.map(plainPath), from });
}

interface Restoring {
  readonly path: string;
  readonly only: readonly string[] | undefined;
  readonly from: string | undefined;
}

const bringBack = task('restore', {
  rights: 'play',
  title: ({ path, only }: Restoring) => {
    if (only === undefined) return `restore ${path}`;
    return `restore ${only.length > 3 ? `${only.length} paths` : only.join(', ')} from ${path}`;
  },
  fact: presentState,
  want: (now, { only }): RestoreState => {
    const files = chosenFiles(now[source], only).map((file): [string, RestoredFile] => {
      const there = now.files[file.path];
      refuseClash(file, there);
      // A folder above the chosen paths is only needed: one that is there stays as it is.
      const isNeeded = !isChosen(file.path, only);
      return [file.path, isNeeded && there !== undefined ? there : asState(file)];
    });
    return { ...now, files: Object.fromEntries(files) };
  },
  foresees: (now, want) => {
    const changed = changedPaths(now, want);
    return changed.flatMap(unknownFile);
  },
  // What the archive has is not known either.
  obscures: ({ only = ['/'] }) => only.flatMap(obscureFolder),
  steps: (now, want, { path, only }) => {
    const { manifest, sha256 } = now[source];
    const differing = manifest.files.filter((file) => {
      const wanted = want.files[file.path];
      return wanted !== undefined && !equal(now.files[file.path], wanted);
    });
    const isThere = (file: string) => now.files[file] !== undefined;
    const files = differing.length === 1 ? '1 file' : `${differing.length} files`;
    return [
      exec(
        restoreScript(manifest, differing, (folder) => !isChosen(folder, only)),
        {
          title: `put back ${files} of ${path}`,
          stdin: { from: 'control', path, sha256 },
          needs: restoreNeeds(manifest, differing, isThere),
        },
      ),
    ];
  },
});

/** What will be otherwise; what is in it then is in the archive, and not read here. */
function changedPaths(now: RestoreState, want: RestoreState): readonly string[] {
  return (
    Object.entries(want.files)
      .filter(([path, file]) => !equal(now.files[path], file))
      .map(([path]) => path)
      // What has such a name, no other task is about.
      .filter((path) => !/\p{Cc}/u.test(path))
  );
}

function presentState({ path, only, from }: Restoring): Fact<RestoreState> {
  let opened: Promise<ReadArchive> | undefined;
  return fact<RestoreState>({
    key: ['restored', path, ...(only ?? [])],
    read: async (ask) => {
      // Read once, however often the host is: it is compared with its checksum again when it is sent.
      opened ??= readArchive(path);
      const archive = await opened.catch(cannotBeUsed(path));
      const { manifest } = archive;
      if (manifest.host !== (from ?? ask.host)) {
        throw refuse(
          `${path} is a backup of ${manifest.host}, not of ${from ?? ask.host}`,
          `if that is what is wanted, give from: ${JSON.stringify(manifest.host)}`,
        );
      }
      const stray = only?.find((wanted) => !manifest.files.some((file) => isWithin(file.path, wanted)));
      if (stray !== undefined) {
        throw refuse(`${path} has no ${stray}`, `it is a backup of ${manifest.paths.join(', ')}`);
      }
      const isForeseen = await Promise.all(
        manifest.paths.map(
          async (place) => (await isForeseenAt(ask, place)) || (await foreseenBelow(ask, place)).length > 0,
        ),
      );
      if (isForeseen.includes(true)) return laterState(`what there is of ${path}`);
      const { files } = await readListing(ask, manifest);
      const archived = new Set(manifest.files.map((file) => file.path));
      const chosen = new Set(chosenFiles(archive, only).map((file) => file.path));
      const extra = files.filter((file) => !archived.has(file.path) && isChosen(file.path, only));
      return {
        files: Object.fromEntries(
          files.filter((file) => chosen.has(file.path)).map((file) => [file.path, asState(file)]),
        ),
        extra: extra.slice(0, shownExtra).map((file) => file.path),
        extras: extra.length,
        [source]: archive,
      };
    },
  });
}

function cannotBeUsed(path: string): (cause: unknown) => never {
  return (cause) => {
    throw refuse(
      `the backup ${path} cannot be used: ${messageOf(cause)}`,
      'listBackups gives the archives of a host, and tells which are damaged',
    );
  };
}

/** What the archive has of the chosen paths, and the folders above them that it has. */
function chosenFiles({ manifest }: ReadArchive, only: Restoring['only']): readonly SavedFile[] {
  return manifest.files.filter(({ path }) => isChosen(path, only) || isAbove(path, only ?? []));
}

/** Neither is a folder removed for what was a file, nor a device or the like for anything. */
function refuseClash({ path, type }: SavedFile, there: RestoredFile | undefined): void {
  if (there === undefined || there.type === type) return;
  if (there.type !== 'directory' && there.type !== 'other' && type !== 'directory') return;
  throw refuse(
    `${path} was a ${words[type]} and is a ${words[there.type]} now`,
    `look at it, and move it away: mv ${posixQuote(path)} ${posixQuote(`${path}.moved`)}`,
  );
}

const words = { file: 'file', directory: 'folder', symlink: 'symbolic link', other: 'special file' } as const;

function isChosen(path: string, only: Restoring['only']): boolean {
  return only === undefined || only.some((chosen) => isWithin(path, chosen));
}

function isAbove(path: string, only: readonly string[]): boolean {
  return only.some((chosen) => chosen !== path && isWithin(chosen, path));
}

function asState({ path: _path, mtime: _mtime, sha256, ...file }: SavedFile): RestoredFile {
  return sha256 === undefined ? file : { ...file, fingerprint: sha256.slice(0, 32) };
}
