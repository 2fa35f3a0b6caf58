import type { Event, TaskEnded } from '../events.ts';

/** A step of a run that ended early. */
export interface UndoneStep {
  readonly host: string;
  readonly title: string;
  readonly shown: string;
  /** It was begun: whether it was done is not known. */
  readonly isBegun: boolean;
}

interface Open {
  readonly host: string;
  readonly title: string;
  planned: readonly string[];
  begun: number;
  done: number;
}

/** Follows the steps of a run, for what is left undone when it is interrupted or loses a host. */
export function createUndone(): { handle(event: Event): void; readonly steps: readonly UndoneStep[] } {
  const open = new Map<number, Open>();
  const steps: UndoneStep[] = [];

  const end = ({ task, status, fault }: TaskEnded) => {
    const of = open.get(task);
    open.delete(task);
    // One that was planned and then skipped had not begun when the run was ended.
    const isCutOff = status === 'skipped' || fault?.code === 'lost' || fault?.code === 'interrupted';
    if (of === undefined || !isCutOff) return;
    for (const [index, shown] of of.planned.entries()) {
      if (index >= of.done) steps.push({ host: of.host, title: of.title, shown, isBegun: index < of.begun });
    }
  };

  return {
    steps,
    handle(event) {
      switch (event.type) {
        case 'task.started':
          open.set(event.task, { host: event.host, title: event.title, planned: [], begun: 0, done: 0 });
          break;
        case 'task.planned': {
          const of = open.get(event.task);
          // Other steps that follow from the state that the first ones left.
          if (of) Object.assign(of, { planned: event.steps, begun: 0, done: 0 });
          break;
        }
        case 'step.started': {
          const of = open.get(event.task);
          if (of) of.begun += 1;
          break;
        }
        case 'step.ended': {
          const of = open.get(event.task);
          if (of && event.outcome === 'done') of.done += 1;
          if (of && event.outcome === 'undone') of.begun -= 1;
          break;
        }
        case 'task.ended':
          end(event);
          break;
      }
    },
  };
}
