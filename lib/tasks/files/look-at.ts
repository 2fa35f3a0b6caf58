import { dirname } from 'node:path/posix';
import { bulk } from '../../bulk.ts';
import { DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import { sh } from '../../sh.ts';
import { sha256Of } from '../../sha256.ts';
import { denials } from './denials.ts';
import { shownLimit } from './file-source.ts';
import { type Found, parseFound } from './found.ts';
import { lookScript } from './look-script.ts';

/** What is at a path of a host. */
export interface Look {
  readonly found: Found;
  /** What the folder is that it is in, symbolic links followed; missing where that is no folder. */
  readonly folder: Found;
  /** What is in the file, where that was asked for, differs, is UTF-8 and has 256 KiB at most. */
  readonly text?: string | undefined;
}

/** What is known beforehand of what a file should be. */
export interface LookOptions {
  /** Asks for the text of a file that has another SHA-256 than this. */
  readonly unlike?: string | undefined;
  /** True where it has some MiB. */
  readonly isLarge?: boolean;
}

/**
 * Looks at a path, links not followed. All that is looked at in one tick is one command and two processes,
 * however much it is; each text that is asked for and differs is one more.
 * @throws DabookError `command` for what the user may not look at, and on a host without stat or sha256sum
 */
export async function lookAt(
  ask: Ask,
  path: string,
  { unlike = '', isLarge = false }: LookOptions = {},
): Promise<Look> {
  const look = await ask.bulk(looks, unlike + (isLarge ? '+' : '') + path);
  if (look instanceof DabookError) throw look;
  return look;
}

/** A path, behind the checksum with which its text is of no interest, and a plus where it is large. */
const looks = bulk(async (ask, questions) => {
  const places = questions.map(placeOf);
  const parts = Array.from({ length: Math.ceil(places.length / atOnce) }, (_, part) =>
    places.slice(part * atOnce, (part + 1) * atOnce),
  );
  return (await Promise.all(parts.map((part) => lookAtSome(ask, part)))).flat();
});

/** A command line has its limits. */
const atOnce = 128;
/** Bytes of texts that one command may print. */
const mostText = 8 * 2 ** 20;

interface Place {
  readonly path: string;
  /** By a name that stands for the folder even where a link leads to it. */
  readonly folder: string;
  readonly unlike: string;
  readonly isLarge: boolean;
}

function placeOf(question: string): Place {
  const start = question.indexOf('/');
  const path = question.slice(start);
  const folder = dirname(path);
  const known = question.slice(0, start);
  return {
    path,
    folder: folder === '/' ? '/.' : `${folder}/.`,
    unlike: known.replace('+', ''),
    isLarge: known.endsWith('+'),
  };
}

async function lookAtSome(ask: Ask, places: readonly Place[]): Promise<readonly (Look | DabookError)[]> {
  // The root folder is always there: when it is not listed, this stat is not the one that is known here.
  const folders = [...new Set(['/', ...places.map(({ folder }) => folder)])];
  const unlike = places.map((place) => place.unlike || '-').join(' ');
  // What begins a text is in no file, unless somebody wants it to be: then that text is not shown.
  const mark = sha256Of(unlike).slice(0, 16);
  const texts = /\w/.test(unlike) ? textScript(unlike, mark) : sh``;
  const paths = places.map(({ path }) => path);
  const large = places.flatMap(({ isLarge }, index) => (isLarge ? [index + 1] : []));
  const { stdout, stderr } = await ask.sh(sh`set -- ${paths}\n${lookScript(folders, large)}${texts}\n:`);
  const [listing = '', ...sections] = stdout.split(new RegExp(`^${mark} (\\d+)\n`, 'm'));
  const found = parseFound(listing);
  if (!found.has('/')) {
    throw new DabookError('command', `${ask.host} has no stat that knows -c`, {
      hint: 'install coreutils or busybox',
    });
  }
  const denied = denials(ask, stderr, new Set([...paths, ...folders]));
  return places.map(({ path, folder }, index) => {
    const at: Look = { found: found.get(path) ?? missing, folder: found.get(folder) ?? missing };
    const { type, sha256 } = at.found;
    const isWhole = type !== 'missing' && (type !== 'file' || sha256 !== undefined);
    const error = isWhole ? undefined : denied(path, folder);
    if (error !== undefined) return error;
    // Of a text that was cut off, or that has such a line in it, this is not the checksum.
    const number = sections.indexOf(`${index + 1}`);
    const text = number < 0 ? undefined : sections[number + 1]?.slice(0, -1);
    return text !== undefined && sha256Of(text) === sha256 ? { ...at, text } : at;
  });
}

const missing: Found = { type: 'missing' };

/** Prints the texts that were asked for, of files with another checksum, each behind a line with its number. */
function textScript(unlike: string, mark: string) {
  return sh`
i=0 t= u=${`${unlike} `} n='
'
for p do
  i=$((i + 1)) w=\${u%% *} u=\${u#* }
  [ "$w" = - ] || [ -L "$p" ] || [ ! -f "$p" ] || case $n$s$n in *"$n$w  $p$n"*) ;; *) t="$t $i" ;; esac
done
[ -z "$t" ] || for i in $t; do
  eval "p=\\$\{$i}"
  echo ${mark} "$i"
  head -c ${shownLimit + 1} "$p"
  echo
done | head -c ${mostText}`;
}
