import type { LockHolder } from './lock-holder.ts';

/** What the labels of the lock's config object say. */
export interface LockLabels {
  /** Known to one holder only: by it a run knows its own lock again, though the answer to its creation was lost. */
  readonly token: string;
  readonly holder: LockHolder;
  /** Seconds. */
  readonly lease: number;
  /** Counts the renewals. */
  readonly beat: number;
  /** Who broke it. A lock that was broken stays so: it can only be removed. */
  readonly brokenBy?: string | undefined;
}

/** The form of these labels: a lock of another form is not judged, and so never broken but by hand. */
const form = '1';
const key = (name: string) => `dabook.lock.${name}`;
/** Characters of a label; a path of a playbook may be long, and nobody reads all of it here. */
const longest = 300;

/** The labels of a lock. */
export function labelsOf({ token, holder, lease, beat, brokenBy }: LockLabels): Record<string, string> {
  const words = {
    form,
    state: brokenBy === undefined ? 'held' : 'broken',
    token,
    run: holder.run,
    user: holder.user,
    from: holder.from,
    pid: `${holder.pid}`,
    since: holder.since,
    playbook: holder.playbook,
    ...(holder.life === undefined ? {} : { life: holder.life }),
    lease: `${lease}`,
    beat: `${beat}`,
    ...(brokenBy === undefined ? {} : { 'broken-by': brokenBy }),
  };
  return Object.fromEntries(
    Object.entries(words).map(([name, value]) => [key(name), value.slice(0, longest)]),
  );
}

/** @returns undefined for labels that are none of this form: somebody made such an object by hand, or another version */
export function readLabels(labels: Readonly<Record<string, string>>): LockLabels | undefined {
  const word = (name: string) => labels[key(name)] ?? '';
  const lease = Number(word('lease'));
  const beat = Number(word('beat'));
  const state = word('state');
  if (word('form') !== form || word('token') === '') return undefined;
  if (!(lease > 0 && lease <= 86_400) || !Number.isSafeInteger(beat)) return undefined;
  if (state !== 'held' && state !== 'broken') return undefined;
  return {
    token: word('token'),
    holder: {
      run: word('run'),
      user: word('user'),
      from: word('from'),
      pid: Number(word('pid')),
      since: word('since'),
      playbook: word('playbook'),
      ...(word('life') === '' ? {} : { life: word('life') }),
    },
    lease,
    beat,
    ...(state === 'broken' ? { brokenBy: word('broken-by') || 'somebody' } : {}),
  };
}
