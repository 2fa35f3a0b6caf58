import { type ComposeConfig, parseComposeConfig } from '../../compose/compose-config.ts';
import { composeFault } from '../../compose/compose-fault.ts';
import type { ComposeSource } from '../../compose/compose-source.ts';
import { loadCompose, variablesOf } from '../../compose/load-compose.ts';
import { needsEnvFiles } from '../../compose/needs-env-files.ts';
import { codeOf, DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { reveal, Secret } from '../../secret.ts';
import { sh } from '../../sh.ts';
import { isKnown, type Later, type Unknown, unknown } from '../../unknown.ts';
import { foreseenTexts, writtenFiles } from './foreseen-texts.ts';
import {
  cannotEnter,
  fitsPipes,
  type Merge,
  type Merged,
  mergeCommand,
  splitMerged,
} from './merge-command.ts';

/** Compose files of a host, merged. */
export interface Compose {
  readonly config: ComposeConfig;
  readonly sources: readonly ComposeSource[];
}

export interface ComposeTextsArgs {
  /** Compose files on the host, the base first; relative to `dir`. */
  readonly files: readonly string[];
  /** Folder on the host that the files are named from. */
  readonly dir?: string | undefined;
  /**
   * Texts to take for those that the host's files hold, by the files' names in `files`. None is written to the
   * host, and none is seen in a command or in an event.
   */
  readonly texts?: Readonly<Record<string, string | Secret>> | undefined;
}

/**
 * Reads and merges a host's compose files, in check mode with the texts that earlier tasks foresaw: docker's own
 * command does it where it can (`docker stack config`, since 25.0), and gives the same text that a deploy would
 * work from. Unknown while the text of a file is.
 * @throws DabookError `refused` for a fault in the files, with file and line where they can be told
 */
export function readCompose(
  ask: Ask,
  files: readonly string[],
  dir: string | undefined,
): Promise<Later<Compose>> {
  return readComposeTexts(ask, { files, dir });
}

/**
 * What merging would give if some of the files had other texts; nothing is written to the host for it.
 * @throws as {@link readCompose}; `playbook` for the text of a file that is not among `files`
 */
export async function readComposeTexts(ask: Ask, args: ComposeTextsArgs): Promise<Later<Compose>> {
  const tried = await tryCompose(ask, args);
  if (!isKnown(tried)) return tried;
  const { sources, config, fault } = tried;
  if (config === undefined) throw fault;
  return { sources, config };
}

/** The files, and what they merge to or why they cannot be merged. */
export type TriedCompose =
  | (Compose & { readonly fault?: undefined })
  | {
      readonly sources: readonly ComposeSource[];
      readonly config?: undefined;
      readonly fault: DabookError;
    };

/** {@link readComposeTexts}, with a fault of the files as an answer. */
export async function tryCompose(
  ask: Ask,
  { files, dir, texts: given = {} }: ComposeTextsArgs,
): Promise<TriedCompose | Unknown> {
  const strange = Object.keys(given).find((file) => !files.includes(file));
  if (strange !== undefined) {
    throw new DabookError('playbook', `a text is given for ${strange}, which is not one of the files`, {
      hint: `the files are ${files.join(', ')}: name it as there`,
    });
  }
  const written = writtenFiles(ask, files, dir).filter((file) => given[file] === undefined);
  // Without a pause where there is nothing to look up: what is asked at once is one round trip.
  const foreseen = written.length === 0 ? {} : await foreseenTexts(ask, written, dir);
  if (!isKnown(foreseen)) return foreseen;
  const texts = Object.fromEntries(
    Object.entries({ ...foreseen, ...given }).map(([file, text]) => [
      file,
      text instanceof Secret ? reveal(text) : text,
    ]),
  );
  const merge: Merge = { files, dir, texts, byDocker: fitsPipes(texts) };
  const { command, ...fed } = mergeCommand(merge);
  const { status, stdout, stderr } = await ask.sh(command, { ok: [0, cannotEnter], ...fed });
  if (status === cannotEnter) {
    throw new DabookError(
      'refused',
      `there is no folder ${dir} on ${ask.host}: its compose files cannot be read`,
      { hint: 'name the folder of the compose files, as it is on that host, in dir' },
    );
  }
  const merged = splitMerged(stdout, merge);
  const { sources, notUtf8 } = merged;
  if (notUtf8 !== undefined) {
    const hint = 'convert it first, for instance with iconv -t UTF-8; nothing was changed';
    return { fault: refuse(`the compose file ${notUtf8} is no text in UTF-8`, hint), sources };
  }
  if (!merge.byDocker) {
    // What they hold is read by docker alone.
    return needsEnvFiles(sources)
      ? unknown('values of env_file in the compose files')
      : ownMerge(ask, merged);
  }
  if (merged.status === notFound) {
    throw new DabookError('command', `there is no docker command on ${ask.host}`, {
      hint: 'install Docker Engine 20.10 or later with its command line',
    });
  }
  if (merged.status === 0) return { config: parseComposeConfig(merged.config), sources };
  return lacksConfig(stderr) ? ownMerge(ask, merged) : { fault: composeFault(stderr, sources), sources };
}

/** A shell's status for a command that it does not find. */
const notFound = 127;

/** Older docker commands take `config` for a word too many, or its `-c` for a flag that `stack` lacks; some cannot open a pipe. */
function lacksConfig(stderr: string): boolean {
  return /unknown (shorthand )?flag|docker stack COMMAND|unknown command|open \/dev\/fd\//i.test(stderr);
}

async function ownMerge(ask: Ask, { sources, dir }: Merged): Promise<TriedCompose> {
  try {
    const variables = await readVariables(ask, sources);
    return { config: loadCompose(sources, { dir, variables }), sources };
  } catch (error) {
    if (codeOf(error) !== 'refused') throw error;
    return { fault: error as DabookError, sources };
  }
}

/** The values that a deploy on the host would put in for the variables of its files. */
async function readVariables(
  ask: Ask,
  sources: readonly ComposeSource[],
): Promise<Readonly<Record<string, string>>> {
  const names = variablesOf(sources);
  if (names.length === 0) return {};
  const { stdout } = await ask.sh(
    sh`for name in ${names}; do value=$(printenv "$name") && printf '%s=%s\\0' "$name" "$value"; done; true`,
  );
  const entries = stdout.split('\0').filter((entry) => entry !== '');
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}
