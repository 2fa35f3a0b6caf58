import { resolve } from 'node:path';
import type { InputFault } from '../input-fault.ts';
import { positionIn } from './position-in.ts';

/**
 * The faults that the compiler found, from what it writes with `--pretty false`.
 * @param cwd folder that it ran in, and that shown file names are relative to
 */
export function typeFaults(output: string, cwd: string): Promise<readonly InputFault[]> {
  return Promise.all(readDiagnostics(output).map((found) => toFault(found, cwd)));
}

/** What the compiler says of a symbol in a text: a secret is one to it. */
const symbolInText: readonly string[] = ['2731', '2469'];
const ABOUT_SECRETS =
  'of a secret: secretText`…` makes a text with it that is a secret, too, and show(…) gives its label';

interface Diagnostic {
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `ha.ts(12,5): error TS2322: …`, with lines that are indented below it. */
function readDiagnostics(output: string): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split('\n')) {
    const head = /^(.+)\((\d+),(\d+)\): error TS(\d+): (.*)$/.exec(line);
    const last = found.at(-1);
    if (head) {
      const [, file = '', row, column, code = '', message = ''] = head;
      found.push({ code, file, line: Number(row), column: Number(column), message });
    } else if (last && line.startsWith('  ')) {
      found[found.length - 1] = { ...last, message: `${last.message}\n${line}` };
    }
  }
  return found;
}

async function toFault({ code, file, line, column, message }: Diagnostic, cwd: string): Promise<InputFault> {
  const position = await positionIn(resolve(cwd, file), line, column, cwd);
  return symbolInText.includes(code) ? { message, position, hint: ABOUT_SECRETS } : { message, position };
}
