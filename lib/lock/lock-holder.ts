import { visible } from '../visible.ts';

/** Who holds a lock, for those who find it taken. */
export interface LockHolder {
  /** Name of the run. */
  readonly run: string;
  readonly user: string;
  /** Name of the machine that the run was started on. */
  readonly from: string;
  /** Process id there. */
  readonly pid: number;
  /** For people only: ISO 8601. No decision rests on it. */
  readonly since: string;
  readonly playbook: string;
  /** What tells its process from any other there ever was on that machine; only it can make sense of it. */
  readonly life?: string | undefined;
}

/** A holder on one line: `ann@desk, process 4711 since 2026-01-31T12:00:00Z, for ha (run 7f3a)`. Safe to show. */
export function showHolder({ run, user, from, pid, since, playbook }: LockHolder): string {
  return visible(`${user}@${from}, process ${pid} since ${since}, for ${playbook} (run ${run})`);
}
