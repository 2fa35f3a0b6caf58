import { join } from 'node:path';
import { DabookError, messageOf } from '../../errors.ts';
import type { Json } from '../../events.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { sha256Of } from '../../sha256.ts';
import { showable } from '../../show.ts';
import { fetch } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { archiveName, controlPath } from './archive-place.ts';
import { archiveScript } from './archive-script.ts';
import { laterArchive } from './later-archive.ts';
import { readListing } from './listing.ts';
import { lookAtArchive } from './look-at-archive.ts';
import { type SavedPaths, savedPaths } from './saved-paths.ts';

export interface BackupArgs {
  /** Folder of the control machine; made with mode 0700 where it is missing. */
  readonly to: string | URL;
  /** Files and folders of the host, with all that is below them. One that is missing is told, and no fault. */
  readonly paths: readonly string[];
  /** Files and folders below these that are left out with all that is below them. */
  readonly exclude?: readonly string[];
  /** What else belongs to the state and is no file: labels of the node, the stack's name. Part of the state. */
  readonly notes?: Json;
  /** What the archive is called, before the state's digest. The host's name by default. */
  readonly name?: string;
  /** What the task is called; by default `back up 11 paths to backups`. */
  readonly title?: string;
}

/** A state of a host, and its archive. */
export interface BackupState {
  readonly host: string;
  /** Of all that is saved: files without their times, paths, notes. SHA-256 in hexadecimal digits. */
  readonly digest: string;
  /** Of the files alone. */
  readonly listing: string;
  /** How many files, folders and links are saved. */
  readonly files: number;
  /** Paths at which nothing is. */
  readonly missing: readonly string[];
  /** Paths at which a symbolic link is. */
  readonly links: readonly string[];
  /** The state's archive on the control machine, if it has one. */
  readonly archive?: {
    readonly path: string;
    readonly mode: string;
    /** Why it cannot be used, when it is damaged. */
    readonly damage?: string | undefined;
    /** The host's youngest archive, where it is another one: of a state that it was in since. */
    readonly later?: string | undefined;
  };
}

/**
 * There is an archive of this state of the host on the control machine, which only its user may read. The
 * archive's name holds the state's digest: a host that is as it was adds none, and no archive is ever
 * removed. One that is damaged, or that others may read, is made anew; and so is that of a state which the host
 * came back to, so that the youngest archive is always that of the state which was backed up last.
 *
 * It is a tar.gz with owners by number, modes, modification times and links; not with access control lists
 * and other extended attributes, nor with sockets, pipes and devices. Names and checksums of all that it
 * holds, and the notes, are in its first member, `dabook-backup.json`. Up to 512 MiB: `exclude` what is big.
 * @throws DabookError `playbook` for paths that cannot be saved; `refused` where there is nothing to save and to
 * note, and where a path is a symbolic link; `command` for what may not be read, and for what changes while it is saved
 * @example await host.run(backup({ to: 'backups', paths: ['/opt/nexus/config'], exclude: ['/opt/nexus/config/logs'] }))
 */
export function backup(args: BackupArgs): Task<BackupState> {
  const { to, paths, exclude, notes = null, name } = args;
  if (name === '') {
    throw new DabookError('playbook', 'backup: the name is empty', {
      hint: "leave it out for the host's name",
    });
  }
  const saved = savedPaths(paths, exclude);
  return save({
    ...saved,
    to: controlPath(to),
    notes: inOrder(showable(notes)),
    name,
    title: args.title ?? `back up ${counted(saved)} to ${to instanceof URL ? controlPath(to) : to}`,
  });
}

interface Saving extends SavedPaths {
  readonly to: string;
  readonly notes: Json;
  readonly name: string | undefined;
  readonly title: string;
}

const save = task('backup', {
  rights: 'play',
  title: ({ title }: Saving) => title,
  fact: savedState,
  want: (now, { to, name, notes }): BackupState => {
    const [link] = now.links;
    if (link !== undefined) {
      throw refuse(
        `${link} is a symbolic link, and a backup of it would hold nothing else`,
        'give the path that it points to',
      );
    }
    if (now.files === 0 && notes === null) {
      throw refuse(`none of the paths is on ${now.host}, and nothing is noted of it`, 'check the paths');
    }
    const path = join(to, archiveName(name ?? now.host, now.digest));
    return { ...now, archive: { path, mode: '0600' } };
  },
  steps: ({ host, digest, listing, missing }, want, { paths, exclude, notes }) => {
    const script = archiveScript({ host, digest, paths, exclude, missing, notes }, listing);
    if (want.archive === undefined) return [];
    return [fetch(script, want.archive.path, { title: `archive ${counted({ paths })}` })];
  },
  stuck: ({ archive }) => {
    if (archive === undefined) return undefined;
    const { path, damage, later } = archive;
    if (damage !== undefined) return { reason: `${path} cannot be used: ${damage}`, final: true };
    if (later === undefined) return undefined;
    const reason = `${later} has a later date than ${path}, which was written just now: the clock of this machine was set back, or the date was given by hand; correct it (touch) or move the file away`;
    return { reason, final: true };
  },
});

function savedState({ to, name, notes, paths, exclude }: Saving): Fact<BackupState> {
  return fact<BackupState>({
    key: ['backup', to, name ?? '', JSON.stringify([paths, exclude, notes])],
    read: async (ask) => {
      const { sha256: listing, files, missing } = await readListing(ask, { paths, exclude });
      const digest = sha256Of(JSON.stringify({ listing, paths, exclude, notes }));
      const links = files.filter(({ type, path }) => type === 'symlink' && paths.includes(path));
      const state = {
        host: ask.host,
        digest,
        listing,
        files: files.filter(({ type }) => type !== 'other').length,
        missing,
        links: links.map(({ path }) => path),
      };
      const archive = await archiveAt(to, name ?? ask.host, digest);
      return archive === undefined ? state : { ...state, archive };
    },
  });
}

async function archiveAt(to: string, name: string, digest: string): Promise<BackupState['archive']> {
  const path = join(to, archiveName(name, digest));
  try {
    const [seen, later] = await Promise.all([lookAtArchive(path), laterArchive(path, name)]);
    if (seen === undefined) return undefined;
    const archive = { path, mode: seen.mode, ...(later === undefined ? {} : { later }) };
    if (seen.damage !== undefined) return { ...archive, damage: seen.damage };
    if (seen.manifest.digest === digest) return archive;
    return { ...archive, damage: 'it holds another state than its name says' };
  } catch (cause) {
    const why = messageOf(cause);
    throw new DabookError('command', `${path} cannot be looked at on the control machine: ${why}`, { cause });
  }
}

/** The same notes with the keys of their objects in order, so that equal notes have one spelling. */
function inOrder(value: Json): Json {
  if (isList(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function counted({ paths }: Pick<SavedPaths, 'paths'>): string {
  return paths.length === 1 ? `${paths[0]}` : `${paths.length} paths`;
}
