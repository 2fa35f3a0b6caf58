import { DabookError } from '../errors.ts';
import { type Secret, secret } from '../secret.ts';
import type { Io } from './io.ts';

/**
 * Asks for a password without echo; where stdin is no terminal, its first line is the password.
 * @throws DabookError `interrupted` on Ctrl-C, `usage` when stdin ends first
 */
export async function askPassword(io: Io, question: string, label: string): Promise<Secret> {
  const { stdin, stderr } = io;
  const terminal = stdin.isTTY === true;
  if (terminal) {
    stderr.write(question);
    stdin.setRawMode(true);
  }
  try {
    return secret(label, await readLine(stdin, terminal));
  } finally {
    if (terminal) {
      stdin.setRawMode(false);
      stderr.write('\n');
    }
    stdin.pause();
  }
}

function readLine(stdin: NodeJS.ReadStream, terminal: boolean): Promise<string> {
  return new Promise((done, fail) => {
    let line = '';
    const end = (settle: () => void) => {
      stdin.off('data', onData).off('end', onEnd);
      settle();
    };
    const onEnd = () => end(() => fail(new DabookError('usage', 'no password was given on stdin')));
    const onData = (chunk: Buffer | string) => {
      for (const char of chunk.toString()) {
        if (char === '\n' || char === '\r') return end(() => done(line));
        if (terminal && char === '\u0003')
          return end(() => fail(new DabookError('interrupted', 'interrupted')));
        const isRubout = terminal && (char === '\u007f' || char === '\b');
        line = isRubout ? line.slice(0, -1) : line + char;
      }
    };
    stdin.on('data', onData).on('end', onEnd);
    stdin.resume();
  });
}
