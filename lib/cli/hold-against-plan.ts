import { counted } from '../counted.ts';
import { DabookError } from '../errors.ts';
import type { KeptPlan } from '../plan/kept-plan.ts';
import { type Moved, moved } from '../plan/moved.ts';
import type { PlanFault } from '../plan/plan-fault.ts';
import { visible, visibleLines } from '../visible.ts';
import type { Checked } from './check-first.ts';
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
 * @throws DabookError `unapproved` with all that has moved or would fail; `unreachable` where nothing is known to have
 *   moved, but some hosts cannot be reached; `deadline` where there was no time to see it
 */
export function refuseMoved(plan: KeptPlan, { tasks, ended, faults, isDone }: Checked, shown: string): void {
  // Nothing is known of what it did not come to.
  if (ended?.fault?.code === 'deadline') {
    throw new DabookError('deadline', `${shown} was not held against what is there: ${ended.fault.message}`, {
      hint: 'nothing was touched; give it more time',
    });
  }
  const differing = moved(plan.tasks, tasks);
  const outcome = ended?.outcome;
  if (differing.length === 0 && outcome === plan.outcome) return;
  const isWhole = outcome === 'ok' || outcome === plan.outcome;
  // What a check that ended early did not come to may be to be done as before.
  const isSeen = (one: Moved) => one.was === undefined || one.is !== undefined || isWhole || isDone(one.was);
  const seen = differing.filter(isSeen);
  const failing = faults.filter(({ status }) => status === 'would-fail');
  const away = faults.filter(({ status }) => status === 'unreachable');
  const unseen = differing.filter((one) => !isSeen(one) && !failing.some((fault) => isOf(fault, one)));
  const lines = [
    ...seen.flatMap(movedLines),
    ...faults.flatMap(faultLines),
    ...(unseen.length === 0 ? [] : [`  ${counted(unseen.length, 'task')} more could not be looked at`]),
  ];
  const isAway = away.length === 0 ? [] : [`${counted(away.length, 'host')} cannot be reached`];
  if (outcome === 'unreachable' && seen.length === 0 && isAway.length > 0) {
    throw new DabookError(
      'unreachable',
      [`${shown} cannot be held against what is there: ${isAway.join()}; nothing was touched`, ...lines].join(
        '\n',
      ),
      { hint: 'apply it again once all of its hosts can be reached' },
    );
  }
  const why = [
    ...(seen.length === 0 ? [] : [`${counted(seen.length, 'task')} would not do the same`]),
    ...(failing.length === 0 ? [] : [`${failing.length} would fail`]),
    ...isAway,
  ];
  const whole = why.length === 0 ? `a check of it ends as "${outcome}" now` : why.join(', ');
  throw new DabookError(
    'unapproved',
    [`${shown} does not hold any more: ${whole}; nothing was touched`, ...lines].join('\n'),
    { hint: again },
  );
}

function isOf(fault: PlanFault, { host, title }: Moved): boolean {
  return fault.host === host && fault.title === title;
}

function faultLines({ status, host, title, fault }: PlanFault): readonly string[] {
  const [first = '', ...more] = visibleLines(fault.message);
  const who = host === undefined ? 'the playbook' : visible(host);
  const what = title === undefined ? '' : `  ${visible(title)}`;
  const how = status === 'unreachable' ? 'unreachable' : 'would fail now';
  return [`  ${who}${what}: ${how}: ${first}`, ...more.map((line) => `      ${line}`)];
}
