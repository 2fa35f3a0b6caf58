import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { sh } from '../../sh.ts';
import { type Later, unknown } from '../../unknown.ts';
import { absolutePath } from './absolute-path.ts';
import { isContentForeseenIn } from './foreseen-paths.ts';
import { parseDigest } from './found.ts';

/** A file of a host by name, place and checksum; its content stays where it is. */
export interface KeyFile {
  readonly name: string;
  readonly path: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/** Key files, and how to get at them: what `copyKeys` copies from. */
export interface KeySource {
  /** The host's name in the inventory. */
  readonly host: string;
  /** True when they are read as root. */
  readonly become: boolean;
  readonly files: readonly KeyFile[];
}

export interface KeyFilesArgs {
  /** The folder that they are in. */
  readonly dir: string;
  /** A file name or a shell pattern for each key, such as `*internal*`; each has to fit exactly one file. */
  readonly match: string | readonly string[];
}

/** Exit status of the script when the folder is not there. */
const noFolder = 3;

/**
 * The key files of a folder, in the order of the patterns. Only names and checksums are read. Unknown in a check where an
 * earlier task of it changes something in the folder.
 * @throws DabookError `refused` when the folder is missing, or a pattern fits no file or several
 * @example const from = await manager.read(keyFiles({ dir: '/opt/nexus/config/administration-service/keys', match: ['*internal*', '*shared*'] }))
 */
export function keyFiles({ dir, match }: KeyFilesArgs): Fact<Later<KeySource>> {
  const folder = absolutePath(dir);
  const patterns = typeof match === 'string' ? [match] : match;
  return fact<Later<KeySource>>({
    key: ['key files', folder, ...patterns],
    read: async (ask) => {
      if (await isContentForeseenIn(ask, folder)) return unknown(`the keys in ${folder}`);
      const answer = await ask.sh(listing(folder, patterns), { ok: [0, noFolder] });
      const at = `${folder} on ${ask.host}`;
      if (answer.status === noFolder) {
        const rights = ask.become ? '' : ', and whether it may be looked into without become: true';
        throw refuse(`there is no folder ${at}`, `check the path${rights}`);
      }
      const { names, matches, digests } = parse(answer.stdout);
      const chosen = patterns.map((pattern, index) => {
        const [name, ...more] = matches.get(index) ?? [];
        if (name === undefined) throw refuse(`no file in ${at} is ${pattern}`, holds(names));
        if (more.length > 0) {
          throw refuse(
            `several files in ${at} are ${pattern}: ${[name, ...more].join(', ')}`,
            'give a closer pattern, or the name',
          );
        }
        return name;
      });
      const files = [...new Set(chosen)].map((name) => ({
        name,
        path: `${folder}/${name}`,
        sha256: digests.get(name) ?? '',
      }));
      return { host: ask.host, become: ask.become, files };
    },
  });
}

/** Prints each file's name, which pattern it fits, and the checksums of those that fit one. */
function listing(folder: string, patterns: readonly string[]) {
  return sh`LC_ALL=C; export LC_ALL
cd ${`${folder}/`} || exit ${noFolder}
set --
for f in *; do
  [ -f "$f" ] || continue
  printf 'N:%s\n' "$f"
  i=0
  for p in ${patterns}; do
    case $f in $p) printf 'M:%s:%s\n' "$i" "$f"; set -- "$@" "./$f" ;; esac
    i=$((i + 1))
  done
done
[ $# -eq 0 ] || sha256sum "$@"`;
}

function parse(stdout: string) {
  const names: string[] = [];
  const matches = new Map<number, string[]>();
  const digests = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [, index, matched] = /^M:(\d+):(.*)$/.exec(line) ?? [];
    const digest = parseDigest(line);
    if (line.startsWith('N:')) names.push(line.slice(2));
    else if (index !== undefined && matched !== undefined) {
      matches.set(Number(index), [...(matches.get(Number(index)) ?? []), matched]);
    } else if (digest) digests.set(digest.path.slice('./'.length), digest.sha256);
  }
  return { names, matches, digests };
}

function holds(names: readonly string[]): string {
  if (names.length === 0) return 'it holds no files';
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `it holds ${names.slice(0, 10).join(', ')}${more}`;
}
