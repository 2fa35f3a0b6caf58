import { DabookError } from '../../errors.ts';
import type { Owners } from '../../ownership.ts';
import { attributes, type Step } from '../../step.ts';

/** Who may do what with a file. */
export interface Attributes extends Owners {
  /** Four octal digits: `0644`. */
  readonly mode?: string | undefined;
}

/**
 * A file mode as four octal digits.
 * @throws DabookError `playbook` for anything that is no octal text
 */
export function fourDigits(mode: string): string {
  if (typeof mode === 'string' && /^[0-7]{3,4}$/.test(mode)) return mode.padStart(4, '0');
  throw new DabookError('playbook', `${JSON.stringify(mode)} is no file mode`, {
    hint: "give three or four octal digits as a text: mode: '0640'",
  });
}

/**
 * The name or number of an account as a text.
 * @throws DabookError `playbook` for what chown would take for something else
 */
export function accountName(account: string | number): string {
  const name = String(account);
  if (/^[^-:\s][^:\n]*$/.test(name)) return name;
  throw new DabookError('playbook', `${JSON.stringify(account)} is no name of a user or a group`, {
    hint: "give owner and group apart: owner: 'nexus', group: 'nexus'",
  });
}

/** The step that gives a file the attributes that differ, and touches no content. */
export function setAttributes(path: string, now: Attributes, want: Attributes): Step {
  const owner = want.owner === now.owner ? undefined : want.owner;
  const group = want.group === now.group ? undefined : want.group;
  const mode = want.mode ?? now.mode;
  const changesOwner = owner !== undefined || group !== undefined;
  // A change of owner clears set-id bits: they are set again behind it.
  const setsMode = mode !== now.mode || (changesOwner && /^[1-7]/.test(mode ?? ''));
  return attributes(path, { mode: setsMode ? mode : undefined, owner, group });
}
