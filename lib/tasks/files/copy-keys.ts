import { dirname } from 'node:path/posix';
import { equal } from '../../equal.ts';
import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { type Owners, ownership } from '../../ownership.ts';
import { inPrivateFolder } from '../../private-folder.ts';
import { refuse } from '../../refuse.ts';
import type { Secret } from '../../secret.ts';
import { sh } from '../../sh.ts';
import { exec, put, type Step } from '../../step.ts';
import { refuseStrangeLink } from '../../strange-link.ts';
import { type Foreseen, type Task, task } from '../../task.ts';
import { isKnown, type Later, laterState } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { type Attributes, accountName, fourDigits, setAttributes } from './attributes.ts';
import { type FileState, fileState, foreseenFolder } from './file-state.ts';
import {
  foreseenBelow,
  foreseePaths,
  givenAt,
  isContentForeseenAt,
  obscureFolder,
} from './foreseen-paths.ts';
import type { Found } from './found.ts';
import type { KeySource } from './key-files.ts';
import { lookAt } from './look-at.ts';
import { digestAsSecret } from './secret-digest.ts';
import { asWritten, spelling } from './spelling.ts';
import { textFile } from './text-file.ts';

export interface CopyKeysArgs {
  /** The host that has them, and which: what `keyFiles` gave there. */
  readonly from: Later<KeySource>;
  /** The folder that they are copied into; other files in it are left alone. */
  readonly dir: string;
  /** Name or number. By default that of the file that is there; the writing user's for a new one. */
  readonly owner?: string | number;
  readonly group?: string | number;
  /** Octal digits; `0600` by default. */
  readonly mode?: string;
  /** True to make the folder, with this owner and mode 0700, where it is missing. False by default. */
  readonly parents?: boolean;
}

/** A file or a folder by its attributes. */
export interface KeyState extends Attributes {
  readonly type: Found['type'];
  /** The first half of the SHA-256: enough to tell files apart, and short enough to be read. */
  readonly fingerprint?: string;
}

/** What is there of the key files, by name, and their folder, by its path. What is missing is not in it. */
export type KeyFolder = Readonly<Record<string, KeyState>>;

/**
 * A folder holds these key files of another host, with this mode and owner. A file is written only when
 * its content differs; its owner and mode are set before it has any. What the files hold travels from
 * host to host within the run and is in no event, no log and no diff.
 * @throws DabookError `playbook` for a mode that lets others read them; `refused` for a missing folder
 * unless `parents`, a folder that everybody may write to, a link or a folder in a file's place, and a
 * missing user or group
 * @example
 * const from = await manager.read(keyFiles({ dir: '/opt/nexus/config/administration-service/keys', match: '*shared*' }))
 * await worker.run(copyKeys({ from, dir: '/opt/nexus/config/access-point/keys', owner: 1003, group: 1003 }))
 */
export function copyKeys({
  from,
  dir,
  owner,
  group,
  mode = '0600',
  parents = false,
}: CopyKeysArgs): Task<KeyFolder> {
  const digits = fourDigits(mode);
  if (!digits.endsWith('00')) {
    throw new DabookError('playbook', `copyKeys: mode ${digits} lets others than the owner at the keys`, {
      hint: "leave it out for '0600', or give '0400'",
    });
  }
  return copy({
    from,
    dir: absolutePath(dir),
    owner: owner === undefined ? undefined : accountName(owner),
    group: group === undefined ? undefined : accountName(group),
    mode: digits,
    parents,
  });
}

interface Copying extends Attributes {
  readonly from: Later<KeySource>;
  readonly dir: string;
  readonly mode: string;
  readonly parents: boolean;
}

const copy = task('copyKeys', {
  rights: 'play',
  title: ({ from, dir }: Copying) =>
    isKnown(from)
      ? `copy ${from.files.map(({ name }) => name).join(', ')} from ${from.host} to ${dir}`
      : `copy keys to ${dir}`,
  fact: keyFolder,
  want: (now, args): KeyFolder => {
    refuseBadFolder(now, args);
    const { from, dir, mode, owner, group } = args;
    const folder = now[dir] ?? { type: 'directory', mode: '0700', owner, group };
    const files = sourceOf(from).files.map(({ name, sha256 }): [string, KeyState] => {
      const there = now[name];
      if (there !== undefined && there.type !== 'file') {
        throw refuse(
          `${dir}/${name} is a ${there.type === 'other' ? 'special file' : there.type}, not a file`,
          'remove it, or name another folder',
        );
      }
      const fingerprint = fingerprintOf(sha256);
      return [
        name,
        { type: 'file', mode, owner: owner ?? there?.owner, group: group ?? there?.group, fingerprint },
      ];
    });
    return { ...now, [dir]: folder, ...Object.fromEntries(files) };
  },
  steps: (now, want, { from, dir, owner, group }) => {
    const steps: Step[] = now[dir] === undefined ? [makeFolder(dir, { owner, group })] : [];
    const { host, become, files } = sourceOf(from);
    for (const { name, path: source, sha256 } of files) {
      const path = `${dir}/${name}`;
      const { mode = '', owner: toOwner, group: toGroup, fingerprint } = want[name] ?? {};
      const there = now[name];
      if (there?.fingerprint !== fingerprint) {
        const content = { from: 'host', host, become, path: source, sha256 } as const;
        steps.push(put(path, { content, mode, owner: toOwner, group: toGroup }));
      } else if (there?.mode !== mode || there.owner !== toOwner || there.group !== toGroup) {
        steps.push(setAttributes(path, there ?? {}, { mode, owner: toOwner, group: toGroup }));
      }
    }
    return steps;
  },
  foresees: (now, want, { from, dir }) => {
    const files = sourceOf(from).files.filter(({ name }) => !equal(now[name], want[name]));
    const folder: readonly Foreseen[] =
      now[dir] === undefined ? [{ fact: fileState(dir), state: foreseen(want[dir]) }] : [];
    return [
      ...folder,
      ...files.flatMap(({ name, sha256 }): readonly Foreseen[] => [
        { fact: fileState(`${dir}/${name}`), state: foreseen(want[name], digestAsSecret(name, sha256)) },
        { fact: textFile(`${dir}/${name}`) },
      ]),
      foreseePaths([...(now[dir] === undefined ? [dir] : []), ...files.map(({ name }) => `${dir}/${name}`)]),
    ];
  },
  obscures: ({ dir }) => obscureFolder(dir),
});

/** Where it is not known, neither is the fact, and nothing is done. */
function sourceOf(from: Later<KeySource>): KeySource {
  return isKnown(from) ? from : { host: '', become: false, files: [] };
}

/** A file or the folder as later tasks of a check see it. */
function foreseen({ type, mode, owner, group }: KeyState = { type: 'missing' }, sha256?: Secret): FileState {
  return { type, mode, owner, group, ...(sha256 === undefined ? {} : { sha256 }), parent: { exists: true } };
}

function keyFolder({ from, dir, owner, group }: Copying): Fact<KeyFolder> {
  const names = sourceOf(from).files.map(({ name }) => name);
  const paths = names.map((name) => absolutePath(`${dir}/${name}`));
  return fact<KeyFolder>({
    key: ['keys', dir, ...(isKnown(from) ? names : [from])],
    read: async (ask) => {
      const made = await foreseenFolder(ask, dir);
      const changed = await foreseenBelow(ask, dir);
      const given = made === undefined ? await givenAt(ask, dir) : undefined;
      const isLater = made === undefined && (await isContentForeseenAt(ask, dir));
      if (isLater || paths.some((path) => changed.includes(path))) return laterState(`what is in ${dir}`);
      if (made !== undefined) return { [dir]: attributesOf(made) };
      const [itself, looks, spell, then] = await Promise.all([
        lookAt(ask, dir),
        Promise.all(paths.map((path) => lookAt(ask, path))),
        spelling(ask, { owner, group }),
        given && asWritten(ask, given, { owner, group }),
      ]);
      const state = (found: Found): KeyState => ({
        type: found.type,
        mode: found.mode,
        ...(then ?? spell(found)),
        ...(found.sha256 === undefined ? {} : { fingerprint: fingerprintOf(found.sha256) }),
      });
      // Of a link to a folder, the folder is what counts.
      const folder = looks.map((look) => look.folder).find(({ type }) => type !== 'missing');
      const entries = looks.map(({ found }, index) => [names[index] ?? '', found] as const);
      return Object.fromEntries(
        [[dir, folder ?? itself.found] as const, ...entries]
          .filter(([, found]) => found.type !== 'missing')
          .map(([name, found]) => [name, state(found)]),
      );
    },
  });
}

function attributesOf({ type, mode, owner, group }: FileState): KeyState {
  return { type, mode, owner, group };
}

function refuseBadFolder(now: KeyFolder, { dir, parents }: Copying): void {
  const folder = now[dir];
  if (folder === undefined) {
    if (parents) return;
    throw refuse(`the folder ${dir} does not exist`, 'check the path, or give parents: true to make it');
  }
  if (folder.type !== 'directory') throw refuse(`${dir} is not a folder`, 'check the path');
  const mode = Number.parseInt(folder.mode ?? '0', 8);
  // Where everybody may write without the sticky bit, everybody may put another file in a key's place.
  if ((mode & 0o1002) === 0o0002) {
    throw refuse(
      `everybody may write to the folder ${dir} (mode ${folder.mode})`,
      `take that right away first: chmod o-w ${dir}`,
    );
  }
}

/** The folder has its owner when it comes into its place: one that was left to us would be taken for one that is to stay so. */
function makeFolder(dir: string, owner: Owners): Step {
  const chown = ownership(owner);
  const give = chown === '' ? sh`` : sh` && chown -h ${chown} "./$n"`;
  return exec(
    sh`${refuseStrangeLink(dir, dirname(dir))}
mkdir -p ${dirname(dir)} || exit 1
${inPrivateFolder(dir)}
made=1
mkdir -m 0700 "./$n"${give} && mv "./$n" ../`,
    { title: `make the folder ${dir}`, needs: [{ kind: 'make', path: dir, ...owner }] },
  );
}

/** 128 bits: no two files ever share them. */
function fingerprintOf(sha256: string): string {
  return sha256.slice(0, 32);
}
