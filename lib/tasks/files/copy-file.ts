import { equal } from '../../equal.ts';
import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { Secret } from '../../secret.ts';
import { show } from '../../show.ts';
import { put } from '../../step.ts';
import { type Task, task } from '../../task.ts';
import { laterState } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { accountName, fourDigits, setAttributes } from './attributes.ts';
import { controlSource, type FileSource, shownText, textSource } from './file-source.ts';
import { type FileState, isUnknownThen, readFileState } from './file-state.ts';
import { foreseePaths } from './foreseen-paths.ts';
import { digestAsSecret } from './secret-digest.ts';
import { textFile } from './text-file.ts';
import { unknownFile } from './unknown-file.ts';

export type CopyFileArgs = {
  /** Path on the host. One that ends in `/` is a folder, and the file keeps its name. */
  readonly dest: string;
  /** Octal digits. By default that of the file that is there; `0644` for a new one, `0600` for a secret. */
  readonly mode?: string;
  /** Name or number. By default that of the file that is there; the writing user's for a new one. */
  readonly owner?: string | number;
  readonly group?: string | number;
} & (
  | {
      /** A file of the control machine. */
      readonly src: string | URL;
      readonly content?: never;
    }
  | { readonly content: string | Secret; readonly src?: never }
);

/**
 * A file holds this content, with this mode and owner. It is written beside its place and renamed into
 * it, so nobody sees half of it; where only mode or owner differ, the content is not touched. A text that
 * everybody may read, up to 256 KiB, is shown by `--diff`; a secret never is, nor its checksum.
 * @throws DabookError `playbook` for a source that cannot be read; `refused` where a link, a folder or
 * anything else but a file is in the way, and for a missing folder, user or group
 * @example copyFile({ src: 'motd.txt', dest: '/etc/motd', mode: '0644', owner: 'root' })
 */
export function copyFile(args: CopyFileArgs): Task<FileState> {
  const source = args.src === undefined ? textSource(args.content) : controlSource(args.src);
  const mode = args.mode === undefined ? undefined : fourDigits(args.mode);
  const isSecret = args.content instanceof Secret;
  if (isSecret && mode !== undefined && forEverybody(mode)) {
    throw new DabookError('playbook', `copyFile: mode ${mode} lets everybody read ${show(args.content)}`, {
      hint: "leave mode out for '0600', or give one that ends in 0",
    });
  }
  return copy({
    dest: destinationOf(args.dest, source),
    source,
    mode: mode ?? (isSecret ? '0600' : undefined),
    owner: args.owner === undefined ? undefined : accountName(args.owner),
    group: args.group === undefined ? undefined : accountName(args.group),
  });
}

interface Copying {
  readonly dest: string;
  readonly source: FileSource;
  readonly mode: string | undefined;
  readonly owner: string | undefined;
  readonly group: string | undefined;
}

const copy = task('copyFile', {
  rights: 'play',
  title: ({ dest }: Copying) => `copy to ${dest}`,
  fact: destination,
  want: (now, args): FileState => {
    refuseBadPlace(now, args.dest);
    const { source, mode, owner, group } = args;
    const kept = {
      ...now,
      type: 'file' as const,
      mode: mode ?? now.mode ?? '0644',
      owner: owner ?? now.owner,
      group: group ?? now.group,
    };
    if (equal(now.sha256, source.sha256)) return kept;
    const isShown = now.type === 'missing' ? mayBeShown(args, kept.mode) : now.content !== undefined;
    return { ...kept, sha256: source.sha256, content: isShown ? source.text : undefined };
  },
  steps: (now, want, args) => {
    const { dest, source } = args;
    const { mode = '', owner, group } = want;
    if (equal(now.sha256, source.sha256) && !keepsSetId(now, want, args)) {
      return [setAttributes(dest, now, want)];
    }
    return [put(dest, { content: source.content, mode, owner, group })];
  },
  // Made anew of what is foreseen here: one that was foreseen before is of the file before.
  foresees: (_now, _want, { dest }) => [{ fact: textFile(dest) }, foreseePaths([dest])],
  obscures: ({ dest }) => unknownFile(dest),
});

/**
 * Whether a file is to keep the set-id bits that it has under another owner. A change of owner clears them: ended right
 * behind it, nothing but the host would have known of them. So such a file is written anew, and comes into its place
 * with both.
 */
function keepsSetId(now: FileState, want: FileState, { mode }: Copying): boolean {
  const isGivenAway = want.owner !== now.owner || want.group !== now.group;
  return mode === undefined && isGivenAway && /^[1-7]/.test(now.mode ?? '');
}

/** The file as it is, with its text where that differs and may be shown. */
function destination(args: Copying): Fact<FileState> {
  const { dest, source, mode, owner, group } = args;
  const isShown = source.isShort && typeof source.sha256 === 'string' && forEverybody(mode ?? '0644');
  const unlike = isShown ? `${source.sha256}` : undefined;
  return fact<FileState>({
    key: ['file', dest],
    read: async (ask) => {
      const known = { unlike, isLarge: source.isLarge };
      const found = await readFileState(ask, dest, { owner, group }, known);
      if (await isUnknownThen(ask, dest, found)) return laterState(`what is at ${dest}`);
      const { content, ...state } = found;
      if (source.content.from === 'secret' && typeof state.sha256 === 'string') {
        return { ...state, sha256: digestAsSecret(source.content.secret.label, state.sha256) };
      }
      const text = content === undefined ? undefined : shownText(Buffer.from(content));
      return text === undefined || !mayBeShown(args, state.mode) ? state : { ...state, content: text };
    },
  });
}

/** A file that not everybody may read is not for the log either. */
function mayBeShown({ source, mode }: Copying, modeNow = '0644'): boolean {
  return source.text !== undefined && forEverybody(mode ?? modeNow) && forEverybody(modeNow);
}

function forEverybody(mode: string): boolean {
  return /[4-7]$/.test(mode);
}

function destinationOf(dest: string, { name }: FileSource): string {
  if (!dest.endsWith('/')) return absolutePath(dest);
  if (name !== undefined) return absolutePath(dest + name);
  throw new DabookError('playbook', `${dest} is a folder, and a text has no file name`, {
    hint: 'give the whole path as dest',
  });
}

function refuseBadPlace(now: FileState, dest: string): void {
  switch (now.type) {
    case 'file':
      return;
    case 'symlink':
      throw refuse(`${dest} is a symbolic link`, 'give the path that it points to, or remove the link');
    case 'directory':
      throw refuse(`${dest} is a folder`, `to put a file into it, give dest: '${dest}/'`);
    case 'other':
      throw refuse(`${dest} is neither a file nor a folder`, 'give another path');
    case 'missing':
      if (now.parent.exists) return;
      throw refuse(
        `the folder of ${dest} does not exist`,
        'make it first, or check the path for a typing mistake',
      );
  }
}
