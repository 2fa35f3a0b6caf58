import { DabookError } from '../../errors.ts';
import { type Command, sh } from '../../sh.ts';

/** Who may do what with a file. */
export interface Attributes {
  /** Four octal digits: `0644`. */
  readonly mode?: string | undefined;
  /** User name, or a number where the host knows no name. */
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
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

/** What chown takes: `nexus`, `nexus:nexus`, `:nexus`; empty when neither is given. */
export function ownership({ owner, group }: Pick<Attributes, 'owner' | 'group'>): string {
  return (owner ?? '') + (group === undefined ? '' : `:${group}`);
}

/** The command that gives a file the attributes that differ, and touches no content. */
export function setAttributes(path: string, now: Attributes, want: Attributes): Command {
  const owner = want.owner === now.owner ? undefined : want.owner;
  const group = want.group === now.group ? undefined : want.group;
  const chown = ownership({ owner, group });
  const mode = want.mode ?? now.mode ?? '';
  if (chown === '') return sh`chmod ${mode} ${path}`;
  // The owner first, and then a mode with set-id bits again: a change of owner clears them.
  const chmod = mode !== now.mode || /^[1-7]/.test(mode);
  return chmod ? sh`chown ${chown} ${path} && chmod ${mode} ${path}` : sh`chown ${chown} ${path}`;
}
