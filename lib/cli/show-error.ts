import { codeOf, type DabookError, messageOf } from '../errors.ts';
import { renderFaults } from '../inventory/render-faults.ts';

/** An error that ended dabook before or outside of a run, as it is printed. */
export function showError(error: unknown): string {
  if (codeOf(error) === 'bug') {
    const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    return `dabook: this is a fault of dabook itself, please report it:\n${stack}\n`;
  }
  const ours = error as DabookError;
  const faults = ours.faults.length === 0 ? '' : `${renderFaults(ours.faults).trimEnd()}\n`;
  const hint = ours.hint === undefined ? '' : `  ${ours.hint}\n`;
  return `${faults}dabook: ${ours.message}\n${hint}`;
}
