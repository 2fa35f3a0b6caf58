import { stripVTControlCharacters } from 'node:util';
import { DabookError } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';
import type { Io } from './io.ts';

/** What is asked for. */
export interface PasswordQuestion {
  readonly question: string;
  /** What the secret is called. */
  readonly label: string;
  /** What to do where none is given. */
  readonly hint: string;
  /** What an empty line stands for; it is refused by default. */
  readonly byDefault?: Secret;
}

/**
 * Asks for a password without echo; where stdin is no terminal, its next line is the password.
 * @throws DabookError `interrupted` on Ctrl-C, `usage` when stdin ends first or the password is empty
 */
export async function askPassword(
  io: Io,
  { question, label, hint, byDefault }: PasswordQuestion,
): Promise<Secret> {
  const { stdin, stderr } = io;
  const terminal = stdin.isTTY === true;
  if (terminal) {
    // Whoever sees the question may type at once: by then nothing is echoed.
    stdin.setRawMode(true);
    stderr.write(question);
  }
  try {
    const text = await readLine(stdin, terminal);
    if (text === undefined) throw new DabookError('usage', 'no password was given', { hint });
    if (text === '' && byDefault !== undefined) return byDefault;
    if (text === '') throw new DabookError('usage', 'the password given is empty', { hint });
    return secret(label, text);
  } finally {
    if (terminal) {
      stdin.setRawMode(false);
      stderr.write('\n');
    }
    stdin.pause();
  }
}

/** `undefined` where the input ends before anything is typed. */
function readLine(stdin: NodeJS.ReadStream, terminal: boolean): Promise<string | undefined> {
  // Of an input that has ended nothing more is heard.
  if (stdin.readableEnded) return Promise.resolve(undefined);
  return new Promise((done, fail) => {
    const decoder = new TextDecoder();
    let line = '';
    const end = (settle: () => void) => {
      stdin.off('data', onData).off('end', onEnd).off('error', onEnd);
      settle();
    };
    const onEnd = () => end(() => done(line === '' ? undefined : line));
    const onData = (chunk: Buffer | string) => {
      const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
      // Cursor keys and the like type nothing.
      const typed = terminal ? stripVTControlCharacters(text) : text;
      let at = 0;
      for (const char of typed) {
        at += char.length;
        if (char === '\n' || char === '\r') {
          return end(() => {
            // What comes after it answers the next question; while it flows it would be lost.
            stdin.pause();
            if (!terminal && at < typed.length) stdin.unshift(typed.slice(at));
            done(line);
          });
        }
        if (!terminal) line += char;
        else if (char === key.interrupt)
          return end(() => fail(new DabookError('interrupted', 'interrupted')));
        else if (char === key.end) return onEnd();
        else if (char === key.clear) line = '';
        else if (char === key.rubout || char === '\b') line = [...line].slice(0, -1).join('');
        else if (char >= ' ') line += char;
      }
    };
    stdin.on('data', onData).on('end', onEnd).on('error', onEnd);
    stdin.resume();
  });
}

/** What a terminal sends for Ctrl-C, Ctrl-D, Ctrl-U and the backspace key. */
const key = { interrupt: '\u0003', end: '\u0004', clear: '\u0015', rubout: '\u007f' };
