import { counted } from '../counted.ts';
import { DabookError } from '../errors.ts';
import type { PlanCollector } from '../plan/collect-plan.ts';
import type { KeptPlan } from '../plan/kept-plan.ts';
import { moved } from '../plan/moved.ts';
import { movedLines } from './moved-lines.ts';

const again = 'read what is there now, and make a new one: dabook plan … -o FILE';

/**
 * Holds what a plan is to be applied with against what it was made with.
 * @param now what would be the beginning of a plan that is made now
 * @param shown the plan's file, as it was given
 * @throws DabookError `usage` with what is another one; before anything is connected to
 */
export function refuseOtherInput(
  plan: KeptPlan,
  now: Omit<KeptPlan, 'tasks' | 'outcome'>,
  shown: string,
): void {
  const names = new Set([...Object.keys(plan.input.hosts), ...Object.keys(now.input.hosts)]);
  const hosts = [...names].filter((name) => plan.input.hosts[name] !== now.input.hosts[name]);
  const others = [
    ...(plan.playbook.digest === now.playbook.digest && plan.playbook.name === now.playbook.name
      ? []
      : [`the playbook ${plan.playbook.file}`]),
    ...(plan.input.vars === now.input.vars ? [] : ["the playbook's variables"]),
    ...(hosts.length === 0 ? [] : [`what the inventory says of ${hosts.join(', ')}`]),
    // Of others it is another one anyway.
    ...(hosts.length > 0 || plan.input.order === now.input.order ? [] : ['the order of the hosts']),
  ];
  if (others.length === 0) return;
  const isAsked = plan.given.askPass || plan.given.askBecomePass;
  throw new DabookError(
    'usage',
    `${shown} was made from something else; changed since: ${others.join('; ')}`,
    { hint: hosts.length > 0 && isAsked ? `if the same passwords were typed: ${again}` : again },
  );
}

/**
 * Holds what would be done now against a plan.
 * @throws DabookError `unapproved` with all that has moved; `deadline` where there was no time to see it
 */
export function refuseMoved(
  plan: KeptPlan,
  { tasks, ended }: Pick<PlanCollector, 'tasks' | 'ended'>,
  shown: string,
): void {
  // Nothing is known of what it did not come to.
  if (ended?.fault?.code === 'deadline') {
    throw new DabookError('deadline', `${shown} was not held against what is there: ${ended.fault.message}`, {
      hint: 'nothing was touched; give it more time',
    });
  }
  const differing = moved(plan.tasks, tasks);
  if (differing.length === 0 && ended?.outcome === plan.outcome) return;
  const lines = differing.flatMap(movedLines);
  const why =
    differing.length === 0
      ? `a check of it ends as "${ended?.outcome}" now`
      : `${counted(differing.length, 'task')} would not do the same`;
  throw new DabookError(
    'unapproved',
    [`${shown} does not hold any more: ${why}; nothing was touched`, ...lines].join('\n'),
    { hint: again },
  );
}
