import { isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import type { ComposeSource } from '../../compose/compose-source.ts';
import { DabookError } from '../../errors.ts';
import { type Secret, secret } from '../../secret.ts';
import { type Command, sh } from '../../sh.ts';

/** The status that {@link mergeCommand} ends with where the folder cannot be entered. */
export const cannotEnter = 97;

/** Files that are merged, and how. */
export interface Merge {
  readonly files: readonly string[];
  /** Folder on the host that the files are named from. */
  readonly dir: string | undefined;
  /** Texts that take the place of what the host's files hold. */
  readonly texts: Readonly<Record<string, string>>;
  /** False to have the files printed alone. */
  readonly byDocker: boolean;
}

/** Descriptors that a POSIX shell can name: 3 to 9. */
const mostPipes = 7;

/** Whether a shell can hand these texts to docker; none holds a NUL byte. */
export function fitsPipes(texts: Merge['texts']): boolean {
  const all = Object.values(texts);
  return all.length <= mostPipes && !all.some((text) => text.includes('\0'));
}

/** A command, and what it is to be given. */
interface Fed {
  readonly command: Command;
  readonly stdin?: Secret;
}

/** Prints docker's merged text, its status, the folder, and each file's bytes in hexadecimal digits: all in one go. */
export function mergeCommand({ files, dir, texts, byDocker }: Merge): Fed {
  const enter = dir === undefined ? sh`` : sh`cd ${dir} || exit ${cannotEnter}; `;
  const merge = byDocker ? mergeByDocker(files, texts) : { command: sh`:` };
  const own = files.filter((file) => texts[file] === undefined);
  const print =
    own.length === 0
      ? sh``
      : sh`; for file in ${own}; do od -An -v -tx1 <"$file" && echo . || echo -; done 2>/dev/null`;
  const command = sh`(${enter}${merge.command}; printf '\\n--- %s\\n' $?; pwd${print})`;
  return { ...merge, command };
}

/**
 * Docker reads a given text from a pipe: nothing is written to the host, and nothing can stay behind there.
 * The base file's text comes by stdin, for which docker takes the working folder as the base file's, so that
 * relative paths and `env_file` mean what they mean when the files are deployed.
 *
 * The texts come by stdin too, where nobody sees them, as assignments to the shell variables that the command
 * names: one stream cannot be cut up otherwise, as not every `head -c` leaves what comes after to the next one.
 */
function mergeByDocker(files: readonly string[], texts: Merge['texts']): Fed {
  const [base = '', ...overs] = files;
  const given = files.flatMap((file, index) => {
    const text = texts[file];
    return text === undefined ? [] : [{ index, text }];
  });
  if (given.length === 0)
    return { command: files.reduce((command, file) => sh`${command} -c ${file}`, sh`docker stack config`) };
  const piped = given.filter(({ index }) => index > 0);
  const descriptorOf = (index: number) => 3 + piped.findIndex((one) => one.index === index);
  const named = overs.reduce((command, file, before) => {
    if (texts[file] === undefined) return sh`${command} -c ${fromRoot(file)}`;
    return sh`${command} -c /dev/fd/${descriptorOf(before + 1)}`;
  }, sh``);
  const merge =
    texts[base] === undefined
      ? sh`docker stack config -c ${fromRoot(base)}${named} </dev/null`
      : sh`cd ${posix.dirname(base)} && ${printed(0)} | docker stack config -c -${named}`;
  const fed = piped.reduce(
    (command, { index }) => sh`${printed(index)} | { exec ${descriptorOf(index)}<&0; ${command}; }`,
    sh`{ ${merge}; }`,
  );
  return {
    command: sh`root=$PWD; eval "$(cat)"; (${fed})`,
    stdin: secret('compose texts', given.map(({ index, text }) => sh`text${index}=${text}\n`.text).join('')),
  };
}

/** Docker may end before it has read all. */
function printed(index: number): Command {
  return sh`printf %s "$text${index}" 2>/dev/null`;
}

/** A file's path from wherever the base file is. */
function fromRoot(file: string): Command {
  return posix.isAbsolute(file) ? sh`${file}` : sh`"$root"/${file}`;
}

/** What {@link mergeCommand} printed, taken apart. */
export interface Merged {
  readonly config: string;
  readonly status: number;
  /** The folder's absolute path. */
  readonly dir: string;
  readonly sources: readonly ComposeSource[];
  /** The first of the files that is no text in UTF-8. What cannot be read of it is U+FFFD in its source. */
  readonly notUtf8?: string | undefined;
}

/** Takes apart what {@link mergeCommand} printed. */
export function splitMerged(stdout: string, { files, texts }: Merge): Merged {
  const mark = /^--- (\d+)\n(.*)\n/m.exec(stdout);
  if (mark === null)
    throw new DabookError('bug', 'the compose files were read, and the answer is not understood');
  // Each file ends with a dot, or with a dash where it could not be read.
  const printed = stdout.slice(mark.index + mark[0].length).matchAll(/([^.-]*)([.-])/g);
  const sources = files.map((file) => {
    const given = texts[file];
    if (given !== undefined) return { file, text: given };
    const [, digits = '', end] = printed.next().value ?? [];
    return { file, bytes: end === '.' ? Buffer.from(digits.replaceAll(/\s/g, ''), 'hex') : undefined };
  });
  return {
    config: stdout.slice(0, mark.index),
    status: Number(mark[1]),
    dir: mark[2] ?? '',
    sources: sources.map(({ file, text, bytes }) => ({ file, text: text ?? bytes?.toString() })),
    notUtf8: sources.find(({ bytes }) => bytes !== undefined && !isUtf8(bytes))?.file,
  };
}
