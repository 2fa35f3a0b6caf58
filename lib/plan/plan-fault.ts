import type { Fault } from '../events.ts';

/** Why a check could not say all that a run would do. */
export interface PlanFault {
  /** `would-fail`: a task, or the playbook itself where no host is named. */
  readonly status: 'would-fail' | 'unreachable';
  readonly host?: string;
  /** The task's name, such as `labelNode`. */
  readonly name?: string;
  readonly title?: string;
  readonly fault: Fault;
}
