import type { Change, Counts, Event, Fault, RunEnded } from '../events.ts';

/** What a check found, for a program to read. */
export interface DriftReport {
  /** Of this format. */
  readonly version: 1;
  readonly playbook: string;
  /** When it began and ended: ISO times. */
  readonly startedAt: string;
  readonly endedAt: string;
  /** `same`: nothing to do. `drifted`: a run would change something. Anything else is how the check itself ended. */
  readonly outcome: 'same' | 'drifted' | Exclude<RunEnded['outcome'], 'ok'>;
  /** What the hosts' tasks came to; `changed` counts what would change. */
  readonly hosts: Readonly<Record<string, Counts>>;
  /** In the order in which they were found. */
  readonly findings: readonly DriftFinding[];
  /** What ended the check, where no finding tells it. */
  readonly fault?: Fault;
}

/** One task that is not as it should be. */
export interface DriftFinding {
  readonly host: string;
  /** Its name, such as `labelNode`. */
  readonly task: string;
  readonly title: string;
  readonly status: 'would-change' | 'would-fail' | 'unknown' | 'waiting';
  readonly changes: readonly Change[];
  /** True where root is taken for it. */
  readonly asRoot?: true;
  /** True where it observes nothing, so that it would always run. */
  readonly opaque?: true;
  readonly fault?: Fault;
  readonly note?: string;
}

/** Collects the report of a check from its events. */
export function createDriftReport(): { handle(event: Event): void; report(): DriftReport | undefined } {
  const tasks = new Map<number, { changes: readonly Change[]; opaque?: true }>();
  const findings: DriftFinding[] = [];
  let playbook = '';
  let startedAt = '';
  let ended: RunEnded | undefined;

  return {
    handle(event) {
      switch (event.type) {
        case 'run.started':
          playbook = event.playbook;
          startedAt = event.at;
          break;
        case 'task.planned':
          tasks.set(event.task, {
            changes: event.changes,
            ...(event.opaque ? { opaque: event.opaque } : {}),
          });
          break;
        case 'task.ended': {
          const status = event.status === 'failed' ? 'would-fail' : event.status;
          const plan = tasks.get(event.task) ?? { changes: [] };
          tasks.delete(event.task);
          if (!isFinding(status)) break;
          const { host, name, title, asRoot, fault, note } = event;
          findings.push({
            ...{ host, task: name, title, status },
            ...plan,
            ...(asRoot ? { asRoot } : {}),
            ...(fault === undefined ? {} : { fault }),
            ...(note === undefined ? {} : { note }),
          });
          break;
        }
        case 'run.ended':
          ended = event;
          break;
      }
    },
    report() {
      if (ended === undefined) return undefined;
      const { at, outcome, hosts, fault } = ended;
      const isDrifted = findings.some(
        ({ status, opaque }) => status === 'unknown' || (status === 'would-change' && !opaque),
      );
      return {
        version: 1,
        playbook,
        startedAt,
        endedAt: at,
        outcome: outcome !== 'ok' ? outcome : isDrifted ? 'drifted' : 'same',
        hosts,
        findings,
        ...(fault === undefined ? {} : { fault }),
      };
    },
  };
}

function isFinding(status: string): status is DriftFinding['status'] {
  return ['would-change', 'would-fail', 'unknown', 'waiting'].includes(status);
}
