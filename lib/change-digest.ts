import { createHmac } from 'node:crypto';
import { diff } from './diff.ts';
import type { Change } from './events.ts';
import { isRead, reveal, Secret } from './secret.ts';
import type { Step } from './step.ts';
import { Unknown } from './unknown.ts';

/**
 * Makes what gives the digest of a change: it tells two changes apart by their secrets, too, and without the key
 * nobody finds out by trying what these are. What is not known yet is the same as anything else that is not.
 * @example const digest = changeDigest(key); digest({ mode: '0644' }, { mode: '0600' }) // 64 hexadecimal digits
 */
export function changeDigest(key: Uint8Array): (now: unknown, want: unknown) => string {
  return (now, want) =>
    createHmac('sha256', key)
      .update(JSON.stringify(diff(opened(now), opened(want)).map(withoutBulk)))
      .digest('hex');
}

/**
 * Makes what gives the digest of the commands among steps, with all that they read: a condition alone does not tell what is run.
 * None where there is no command. Calls of the Docker Engine are not in it: the states that they follow from are, and
 * theirs name versions that are never the same twice.
 */
export function commandDigest(key: Uint8Array): (steps: readonly Step[]) => string | undefined {
  return (steps) => {
    const commands = steps.flatMap((step) =>
      step.kind === 'exec' ? [[step.command.text, opened(step.stdin ?? null), step.detached ?? false]] : [],
    );
    if (commands.length === 0) return undefined;
    return createHmac('sha256', key).update(JSON.stringify(commands)).digest('hex');
  };
}

/**
 * Of a structure that goes as a whole it matters that it goes: what all is in it, such as a counter of the Engine's,
 * would never be the same twice.
 */
function withoutBulk({ from, ...change }: Change): Change {
  return change.op === 'remove' && typeof from === 'object'
    ? change
    : { ...change, ...(from === undefined ? {} : { from }) };
}

/** Secrets as their texts, apart from texts that are none; and no structures, of which it would not matter what goes. */
function opened(value: unknown): unknown {
  if (value instanceof Secret) return isRead(value) ? `secret\0${reveal(value)}` : value;
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== 'object' || value === null || value instanceof Unknown) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, opened(item)]));
}
