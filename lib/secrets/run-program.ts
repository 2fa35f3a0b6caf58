import { spawn } from 'node:child_process';
import { DabookError } from '../errors.ts';

/** Where a program runs, and for how long at most. */
export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** 60 by default. */
  readonly seconds?: number | undefined;
  /** What it is called in messages; its command line by default. */
  readonly shown?: string | undefined;
}

/** A program that did not give what it should have. */
export class ProgramError extends DabookError {
  /** What happened to it. */
  readonly why: string;
  /** The end of its stderr, which may begin in the middle of anything: of a secret that another program gave, too. */
  readonly said: string;

  constructor(why: string, said: string, hint: string | undefined) {
    super('inventory', withSaid(why, said), { hint });
    this.why = why;
    this.said = said;
  }
}

/** What happened to a program, with what it said. */
export function withSaid(why: string, said: string): string {
  return said === '' ? why : `${why}: ${said}`;
}

/** Bytes. */
const MOST_OUTPUT = 1024 * 1024;
/** Characters of stderr that are told. */
const MOST_TOLD = 2000;

/**
 * Runs a program that gives a secret, without a shell, and returns what it wrote to stdout. It may ask on the terminal
 * (`/dev/tty`), as password managers do; its stdin is empty. Nothing of its stdout is ever told.
 * @throws DabookError `inventory` where it cannot be run; {@link ProgramError} where it fails, takes too long or writes too much
 */
export function runProgram(words: readonly string[], options: ProgramOptions): Promise<Buffer> {
  const { seconds = 60, shown = words.join(' ') } = options;
  return new Promise((done, fail) => {
    const child = started(words, shown, options);
    const pieces: Buffer[] = [];
    let size = 0;
    let stderr = '';
    const end = (settle: () => void) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // What it started may hold them open for as long as it likes.
      child.stdout.destroy();
      child.stderr.destroy();
      settle();
    };
    const refuse = (why: string, hint?: string) =>
      end(() => fail(new ProgramError(`${shown} ${why}`, stderr.trim(), hint)));
    const timer = setTimeout(() => refuse(`took longer than ${seconds} s, and was ended`), seconds * 1000);
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      pieces.push(chunk);
      if (size > MOST_OUTPUT) refuse('wrote more than 1 MiB');
    });
    // A character may come in two pieces.
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      stderr = (stderr + text).slice(-MOST_TOLD);
    });
    child.on('error', (error) => end(() => fail(cannotRun(shown, error))));
    child.on('close', (status, signal) => {
      if (status === 0) end(() => done(Buffer.concat(pieces)));
      else
        refuse(
          `ended with ${status === null ? signal : `exit status ${status}`}`,
          'run it yourself to see why',
        );
    });
  });
}

function started(words: readonly string[], shown: string, { cwd, env }: ProgramOptions) {
  const [program = '', ...args] = words;
  try {
    return spawn(program, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw cannotRun(shown, error);
  }
}

/** Node's own words have the name of the program in them, which an encrypted file may give. */
function cannotRun(shown: string, error: unknown): DabookError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const why = code === 'ENOENT' ? 'there is no such program' : code === 'EACCES' ? 'permission denied' : code;
  return new DabookError('inventory', `${shown} cannot be run: ${why}`, {
    hint: 'is it installed, and in the PATH?',
  });
}
