import { visibleLines } from '../visible.ts';
import type { Io } from './io.ts';

/** Warns the operator on stderr. Of what a text of others holds, nothing steers the terminal. */
export function warn({ stderr }: Pick<Io, 'stderr'>, message: string): void {
  stderr.write(`dabook: warning: ${visibleLines(message).join('\n')}\n`);
}
