import type { LockHolder } from '../../lib/lock/lock-holder.ts';

/** The run of somebody, as it signs a lock. */
export function holderOf(user: string): LockHolder {
  return {
    run: `run-of-${user}`,
    user,
    from: 'desk',
    pid: 42,
    since: '2026-01-31T12:00:00Z',
    playbook: 'ha',
  };
}
