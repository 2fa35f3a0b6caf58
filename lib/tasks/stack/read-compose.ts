import { type ComposeConfig, parseComposeConfig } from '../../compose/compose-config.ts';
import { composeFault } from '../../compose/compose-fault.ts';
import type { ComposeSource } from '../../compose/compose-source.ts';
import { loadCompose, variablesOf } from '../../compose/load-compose.ts';
import { DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';
import { type Command, sh } from '../../sh.ts';

/** Compose files of a host, merged. */
export interface Compose {
  readonly config: ComposeConfig;
  readonly sources: readonly ComposeSource[];
}

/**
 * Reads and merges a host's compose files: docker's own command does it where it can (`docker stack config`,
 * since 25.0), and gives the same text that a deploy would work from.
 * @throws DabookError `refused` for a fault in the files, with file and line where they can be told
 */
export async function readCompose(
  ask: Ask,
  files: readonly string[],
  dir: string | undefined,
): Promise<Compose> {
  const command = mergeCommand(files, dir);
  const { status, stdout, stderr } = await ask.sh(command, { ok: [0, cannotEnter] });
  if (status === cannotEnter) {
    throw new DabookError(
      'refused',
      `there is no folder ${dir} on ${ask.host}: its compose files cannot be read`,
      {
        hint: 'name the folder of the compose files, as it is on that host, in dir',
      },
    );
  }
  const merged = splitOutput(stdout, files);
  if (merged.status === notFound) {
    throw new DabookError('command', `there is no docker command on ${ask.host}`, {
      hint: 'install Docker Engine 20.10 or later with its command line',
    });
  }
  if (merged.status === 0) return { config: parseComposeConfig(merged.config), sources: merged.sources };
  if (!lacksConfig(stderr)) throw composeFault(stderr, merged.sources);
  const variables = await readVariables(ask, merged.sources);
  return { config: loadCompose(merged.sources, { dir: merged.dir, variables }), sources: merged.sources };
}

const cannotEnter = 97;
/** A shell's status for a command that it does not find. */
const notFound = 127;

/** Prints docker's merged text, its status, the folder, and each file after its length: all in one go. */
function mergeCommand(files: readonly string[], dir: string | undefined): Command {
  const enter = dir === undefined ? sh`` : sh`cd ${dir} || exit ${cannotEnter}; `;
  const merge = files.reduce((command, file) => sh`${command} -c ${file}`, sh`docker stack config`);
  return sh`(${enter}${merge}; printf '\\n--- %s\\n' $?; pwd; for file in ${files}; do wc -c <"$file" || echo -1; cat "$file" || :; done 2>/dev/null)`;
}

interface MergeOutput {
  readonly config: string;
  readonly status: number;
  readonly dir: string;
  readonly sources: readonly ComposeSource[];
}

/** Takes apart what {@link mergeCommand} printed. Lengths are in bytes. */
function splitOutput(stdout: string, files: readonly string[]): MergeOutput {
  const mark = /^--- (\d+)\n(.*)\n/m.exec(stdout);
  if (mark === null)
    throw new DabookError('bug', 'the compose files were read, and the answer is not understood');
  let rest = Buffer.from(stdout.slice(mark.index + mark[0].length));
  const sources = files.map((file) => {
    const lineEnd = rest.indexOf('\n');
    const length = Number(rest.subarray(0, lineEnd).toString());
    const text = rest.subarray(lineEnd + 1, lineEnd + 1 + Math.max(length, 0));
    rest = rest.subarray(lineEnd + 1 + text.length);
    return { file, text: length < 0 ? undefined : text.toString() };
  });
  return { config: stdout.slice(0, mark.index), status: Number(mark[1]), dir: mark[2] ?? '', sources };
}

/** Older docker commands take `config` for a word too many, or its `-c` for a flag that `stack` lacks. */
function lacksConfig(stderr: string): boolean {
  return /unknown (shorthand )?flag|docker stack COMMAND|unknown command/i.test(stderr);
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
