import { basename, dirname } from 'node:path/posix';
import { DabookError } from '../../errors.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import type { Secret } from '../../secret.ts';
import { type Command, sh } from '../../sh.ts';
import { exec } from '../../step.ts';
import { refuseStrangeLink } from '../../strange-link.ts';
import { type Foreseen, type Task, task } from '../../task.ts';
import { isKnown, type Later, laterState, unknown } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { accountName } from './attributes.ts';
import { type FileState, fileState, readFileState } from './file-state.ts';
import { foreseeGiven, foreseenBelow, isForeseenAt, obscureFolder } from './foreseen-paths.ts';
import type { Found } from './found.ts';
import { digestAsSecret } from './secret-digest.ts';
import { spelling } from './spelling.ts';
import { systemFolders } from './system-folders.ts';

export interface OwnedTreeArgs {
  /** A folder that is there. */
  readonly dir: string;
  /** Name or number. */
  readonly owner: string | number;
  readonly group: string | number;
}

/** What belongs to others behind an earlier task of this check that changes it. No diff and no event has it, since those take what has a name. */
const touched = Symbol('touched');

/** What there is in a folder that belongs to others than it should. */
export interface OwnedTree {
  readonly type: Found['type'];
  /** How many there are, the folder itself included. */
  readonly others: number;
  /** The first twenty of them. */
  readonly paths: readonly string[];
  /** Where there are more, a checksum of all of them, so that a plan holds all of them against what it finds. */
  readonly more?: Secret;
  /** Of those that are no folders, the first twenty that have other names too, wherever these are. */
  readonly linked?: readonly string[];
  readonly [touched]?: readonly string[];
}

/** The first twenty paths, and how many there are. The second line of a name that has two is no path. */
const firstPaths = 'index($0, ENVIRON["d"]) == 1 { if (++n <= 20) print } END { print n + 0 }';

/**
 * A folder and all below it belong to this owner and this group. Links are not followed, the links themselves
 * belong to them too; other file systems are not entered. A file that has another name (a hard link) is not given
 * away: with that name it may be anybody's, put there by whoever may write to the folder.
 * @throws DabookError `playbook` for the root folder and for those of the system right below it; `refused` for a
 * missing folder, for a link in its place, for files of others that have more than one name, and for a user or a
 * group that the host does not have
 * @example ownedTree({ dir: '/opt/nexus/config/policy-service', owner: 1003, group: 1003 })
 */
export function ownedTree({ dir, owner, group }: OwnedTreeArgs): Task<OwnedTree> {
  const path = absolutePath(dir);
  if (/\/\.\.(\/|$)/.test(path)) {
    throw new DabookError('playbook', `ownedTree: ${dir} has ".." in it`, {
      hint: 'give a plain path',
    });
  }
  if (systemFolders.has(path)) {
    throw new DabookError('playbook', `ownedTree: ${dir} is a folder of the system`, {
      hint: 'give the folder below it that is to be owned',
    });
  }
  return owned({ dir: path, owner: accountName(owner), group: accountName(group) });
}

interface Owning {
  readonly dir: string;
  readonly owner: string;
  readonly group: string;
}

const owned = task('ownedTree', {
  rights: 'play',
  title: ({ dir, owner, group }: Owning) => `${dir} belongs to ${owner}:${group}`,
  fact: foreignFiles,
  want: (now, { dir }): OwnedTree => {
    if (now.type === 'missing')
      throw refuse(`the folder ${dir} does not exist`, 'make it first, or check the path');
    if (now.type === 'symlink') throw refuse(`${dir} is a symbolic link`, 'give the path that it points to');
    if (now.type !== 'directory') throw refuse(`${dir} is no folder`, 'check the path');
    refuseLinked(now.linked ?? []);
    return { type: now.type, others: 0, paths: [] };
  },
  steps: ({ paths }, _want, args) => [
    exec(give(args), {
      needs: paths.map((path) => ({ kind: 'own', path, owner: args.owner, group: args.group })),
    }),
  ],
  foresees: (now, _want, given) => [foreseeGiven(given), ...(now[touched] ?? []).map(ownedBy(given))],
  obscures: ({ dir }) => obscureFolder(dir),
});

function foreignFiles({ dir, owner, group }: Owning): Fact<OwnedTree> {
  return fact<OwnedTree>({
    key: ['owned tree', dir, owner, group],
    read: async (ask) => {
      const later = () => laterState<OwnedTree>(`who ${dir} belongs to`);
      const foreseen = await foreseenIn(ask, { dir, owner, group });
      if (foreseen === undefined) return later();
      const { changed, settled } = foreseen;
      const unsettled = [...changed].filter((path) => !settled.has(path));
      // All at once, for one round trip: what find says counts only where there is a folder, and such accounts.
      const [searched, { type }] = await Promise.all([
        ask.sh(search({ dir, owner, group })),
        ask.fact(fileState(dir)),
        spelling(ask, { owner, group }),
      ]);
      if (type !== 'directory') return { type, others: 0, paths: [] };
      refuseFaults(searched.stderr, ask);
      const [foreign = '', linked = '', all = ''] = searched.stdout.split(/(?<=^\d+\n)/m);
      const [found, count] = pathsIn(foreign);
      const [withMore] = pathsIn(linked);
      const isMore = count > found.length;
      // Which of the others are settled by then nobody has told; and what is written anew has no other name.
      if ((isMore && settled.size > 0) || withMore.some((path) => changed.has(path))) return later();
      const paths = found.filter((path) => !settled.has(path));
      const others = isMore ? count : paths.length;
      const more = isMore ? digestAsSecret(`all ${others}`, all.slice(0, 64)) : undefined;
      return {
        type,
        others,
        paths,
        ...(more === undefined ? {} : { more }),
        ...(withMore.length === 0 ? {} : { linked: withMore }),
        ...(unsettled.length === 0 ? {} : { [touched]: unsettled }),
      };
    },
  });
}

/** What earlier tasks of this check change below a folder. */
interface ForeseenBelow {
  readonly changed: ReadonlySet<string>;
  /** Of these, what belongs to nobody else by then, or is gone; the others belong to whom they belong to now. */
  readonly settled: ReadonlySet<string>;
}

/** @returns undefined where nobody knows to whom something belongs by then */
async function foreseenIn(ask: Ask, { dir, owner, group }: Owning): Promise<ForeseenBelow | undefined> {
  if (await isForeseenAt(ask, dir)) return undefined;
  const changed = new Set(await foreseenBelow(ask, dir));
  const settled = new Set<string>();
  for (const path of changed) {
    const file = fileState(path);
    const then: Later<FileState> = ask.foreseen(file) ? await ask.fact(file) : unknown(path);
    if (!isKnown(then)) return undefined;
    if (then.type === 'missing' || (then.owner === owner && then.group === group)) settled.add(path);
    else if (!isSameOwner(then, await readFileState(ask, path, {}))) return undefined;
  }
  return { changed, settled };
}

/** What an earlier task leaves at a path, given away since. */
function ownedBy({ owner, group }: Owning): (path: string) => Foreseen {
  return (path) => ({
    fact: fileState(path),
    next: (before) => ({ ...(before as FileState), owner, group }),
  });
}

function isSameOwner(one: FileState, other: FileState): boolean {
  return one.type === other.type && one.owner === other.owner && one.group === other.group;
}

/** Prints what belongs to others and, if there is any, what of that has more than one name; where it is much, a checksum of it all. */
function search({ dir, owner, group }: Owning): Command {
  const foreign = belongsToOthers(owner, group);
  return sh`LC_ALL=C d=${dir}; export LC_ALL d
f=$(find "$d" -xdev ${foreign} -print | sort | awk ${firstPaths})
printf '%s\\n' "$f"
[ "$f" = 0 ] || find "$d" -xdev ${foreign} ! \\( ${hasOneName} \\) -print | sort | awk ${firstPaths}
n=\${f##*[!0-9]}
[ "$n" -le 20 ] || find "$d" -xdev ${foreign} -print | sort | sha256sum`;
}

/** The first paths, and how many there are. */
function pathsIn(told: string): [paths: string[], others: number] {
  const lines = told.trimEnd().split('\n');
  return [lines.slice(0, -1), Number(lines.at(-1))];
}

/** A folder's other names are its own `.` and the `..` of those in it. */
const hasOneName = sh`-type d -o -links 1`;

function refuseLinked([first, ...more]: readonly string[]): void {
  if (first === undefined) return;
  const others = more.length === 0 ? '' : `, and so ${more.length === 1 ? 'has' : 'have'} ${more.join(', ')}`;
  throw refuse(
    `${first} has more than one name (hard links)${others}: who it belongs to under another one is not known`,
    'nothing was given away; find its other names (find / -xdev -samefile FILE), and put a copy in its place here, or chown it by hand',
  );
}

/** What vanishes while it is looked for belongs to nobody; all else that cannot be seen is a fault. */
function refuseFaults(stderr: string, ask: Ask): void {
  const fault = stderr.split('\n').find((line) => line !== '' && !/No such file or directory/.test(line));
  if (fault === undefined) return;
  throw new DabookError('command', `${ask.host}: ${fault}`, {
    hint: ask.become ? 'root itself may not read it there' : 'run as root: become: true, or -b',
  });
}

function belongsToOthers(owner: string, group: string): Command {
  return sh`\\( ! -user ${owner} -o ! -group ${group} \\)`;
}

/**
 * Gives away what belongs to others. Whoever owns a folder in it may put a link in the place of a path that find
 * has told, so that root would give away what the link leads to. So each is named from within its own folder, by
 * which the shell stands as soon as it is seen to be the right one.
 */
function give({ dir, owner, group }: Owning): Command {
  const each = `o=$1; shift; at=-
for p do
  d=\${p%/*}; d=\${d:-/}
  if [ "$d" != "$at" ]; then
    cd -P "$d" && [ "$PWD" = "$d" ] || { echo "another folder is in the place of $d" >&2; exit 1; }
    at=$d
  fi
  chown -h "$o" "./\${p##*/}" || exit 1
done`;
  return sh`n=${basename(dir)}
cd -P ${dirname(dir)} || exit 1
${refuseStrangeLink(dir, dirname(dir), sh`$PWD`)}
p=\${PWD%/} && cd -P "./$n" || exit 1
[ "$PWD" = "$p/$n" ] || { echo ${`${dir} is a symbolic link`} >&2; exit 1; }
find "$PWD" -xdev ${belongsToOthers(owner, group)} \\( ${hasOneName} \\) -exec sh -c ${each} sh ${`${owner}:${group}`} {} +`;
}
