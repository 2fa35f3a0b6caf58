import type { Approval } from '../consent.ts';
import { counted } from '../counted.ts';
import { DabookError } from '../errors.ts';
import type { PlannedTask } from '../plan/kept-plan.ts';
import { type Destroying, isAgreed, withinPlan } from '../plan/within-plan.ts';
import { movedLines } from './moved-lines.ts';

/** Who is asked, and of what. */
export interface Confirming {
  /** Whether all that cannot be undone was agreed to before: `--yes`. */
  readonly yes: boolean;
  /** What is to be done and nothing else; none for a run without a plan. */
  readonly plan?: readonly PlannedTask[] | undefined;
  /** What a check finds that would be done. */
  readonly check: (signal: AbortSignal) => Promise<readonly PlannedTask[]>;
  /** Asks whoever sits at the terminal; none where nobody does. */
  readonly ask?: ((lines: readonly Destruction[], signal: AbortSignal) => Promise<boolean>) | undefined;
}

/** Something that nothing brings back. */
export interface Destruction {
  readonly host: string;
  readonly title: string;
  readonly destroys: string;
}

/**
 * Has the operator confirm what cannot be undone, all of it before anything is touched: at a terminal by asking,
 * elsewhere the command line or the playbook must have said so. What follows a plan does nothing that is not in it.
 */
export function confirmDestruction({ yes, plan, check, ask }: Confirming): Approval {
  const isPlanned = plan === undefined ? () => true : withinPlan(plan);
  const agreed: Destroying[] = [];

  /** What nobody has agreed to yet. */
  const unconfirmed = (tasks: readonly Destroying[]) =>
    yes ? [] : tasks.filter(({ destroys, mayDestroy }) => destroys && !(mayDestroy && ask === undefined));

  async function confirm(tasks: readonly Destroying[], signal: AbortSignal): Promise<void> {
    if (tasks.length === 0) return;
    const lines = tasks.flatMap(({ host, title, destroys = [] }) =>
      destroys.map((what) => ({ host, title, destroys: what })),
    );
    if (ask === undefined) throw unapproved(lines);
    if (!(await ask(lines, signal))) throw new DabookError('unapproved', 'it was not confirmed');
    agreed.push(...tasks);
  }

  return {
    async seek(signal) {
      if (!yes) await confirm(unconfirmed(plan ?? (await check(signal))), signal);
    },
    async allow(intent, signal) {
      const { name, title, planned } = intent;
      if (!isPlanned(intent)) {
        const was = plan?.find(
          (task) => task.host === planned.host && task.name === name && task.title === title,
        );
        const kind = was === undefined ? 'new' : 'other';
        const lines = movedLines({ host: planned.host, title, kind, ...(was && { was }), is: planned });
        throw new DabookError('unapproved', ['this was not planned so:', ...lines].join('\n'), {
          hint: 'something has moved since it was made: look at what is there now, and make a new one',
        });
      }
      const { host, destroys, mayDestroy } = planned;
      if (destroys === undefined || isAgreed(agreed, intent)) return;
      await confirm(unconfirmed([{ host, name, title, destroys, mayDestroy }]), signal);
    },
  };
}

function unapproved(lines: readonly Destruction[]): DabookError {
  const shown = lines.map(({ host, title, destroys }) => `  ${host}  ${title}: ${destroys}`);
  return new DabookError(
    'unapproved',
    [`${counted(lines.length, 'thing')} cannot be undone, and nobody has agreed to it:`, ...shown].join('\n'),
    { hint: 'if it is meant, give --yes, or say so in the playbook: play(…, { mayDestroy: true })' },
  );
}
