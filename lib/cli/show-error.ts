import { codeOf, type DabookError, messageOf } from '../errors.ts';
import { renderFaults } from '../inventory/render-faults.ts';
import { visibleLines } from '../visible.ts';
import { sourceStack } from './source-stack.ts';

/** Characters of a line: it may quote what it is about. */
const LONGEST = 4000;

/** An error that ended dabook before or outside of a run, as it is printed; nothing in it steers a terminal. */
export function showError(error: unknown): string {
  return `${visibleLines(textOf(error)).map(cut).join('\n')}\n`;
}

function cut(line: string): string {
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function textOf(error: unknown): string {
  if (codeOf(error) === 'bug') {
    const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    return `dabook: this is a fault of dabook itself, please report it:\n${sourceStack(stack)}`;
  }
  const { message, hint, faults } = error as DabookError;
  const inputs = faults.length === 0 ? [] : [renderFaults(faults).trimEnd()];
  const hints = hint === undefined ? [] : hint.split('\n').map((line) => `  ${line}`);
  return [...inputs, `dabook: ${message}`, ...hints].join('\n');
}
