import t from 'tap';
import { refuseMoved } from '../../lib/cli/hold-against-plan.ts';
import type { RunEnded } from '../../lib/events.ts';
import type { KeptPlan, PlannedTask } from '../../lib/plan/kept-plan.ts';
import type { PlanFault } from '../../lib/plan/plan-fault.ts';

const task = (host: string, title: string, more: Partial<PlannedTask> = {}): PlannedTask => ({
  ...{ host, name: 'copyFile', title, status: 'would-change', changes: [], steps: [], digest: 'd' },
  ...more,
});

/** What is said of a plan of these tasks, where a check finds those now. */
function said(
  was: readonly PlannedTask[],
  is: readonly PlannedTask[],
  outcome: RunEnded['outcome'] = 'ok',
  faults: readonly PlanFault[] = [],
  done: readonly string[] = [],
): { readonly code?: string; readonly message?: string } {
  const plan = { outcome: 'ok', tasks: was } as unknown as KeptPlan;
  const ended = { outcome } as RunEnded;
  try {
    refuseMoved(plan, { tasks: is, ended, faults, isDone: ({ title }) => done.includes(title) }, 'it.plan');
    return {};
  } catch (error) {
    return error as Error & { code: string };
  }
}

const away: PlanFault = {
  ...{ status: 'unreachable', host: 'two' },
  fault: { code: 'unreachable', message: 'two did not answer\nfor 10 s' },
};

t.test('the same is no difference', async (t) => {
  t.same(said([task('one', 'a')], [task('one', 'a')]), {});
});

t.test('a host that cannot be reached is no difference of its tasks', async (t) => {
  const was = [task('one', 'a'), task('two', 'a'), task('two', 'b')];
  const { code, message } = said(was, [task('one', 'a')], 'unreachable', [away]);
  t.equal(code, 'unreachable');
  t.equal(
    message,
    [
      'it.plan cannot be held against what is there: 1 host cannot be reached; nothing was touched',
      '  two: unreachable: two did not answer',
      '      for 10 s',
      '  2 tasks more could not be looked at',
    ].join('\n'),
  );
  t.equal(said([task('one', 'a')], [task('one', 'a')], 'unreachable', [away]).code, 'unreachable');
});

t.test('what has moved beside it is the more important', async (t) => {
  const was = [task('one', 'a'), task('one', 'b'), task('two', 'a')];
  const { code, message } = said(was, [task('one', 'a', { digest: 'other' })], 'unreachable', [away], ['b']);
  t.equal(code, 'unapproved');
  t.match(message, /2 tasks would not do the same, 1 host cannot be reached; nothing was touched\n/);
  t.match(
    message,
    / {2}one {2}a: not as planned\n {6}what is not shown of it is another\n {2}one {2}b: nothing to do any more\n {2}two: unreachable/,
  );
  t.match(message, / {2}1 task more could not be looked at$/);
});

t.test('a task that would fail, of the plan or not', async (t) => {
  const fault = { code: 'refused', message: 'no folder\u001b[2J' };
  const of = (title: string): PlanFault => ({
    status: 'would-fail',
    host: 'one',
    name: 'copyFile',
    title,
    fault,
  });
  const { code, message } = said([task('one', 'a'), task('one', 'b')], [], 'failed', [of('a'), of('c')]);
  t.equal(code, 'unapproved');
  t.equal(
    message,
    [
      'it.plan does not hold any more: 2 would fail; nothing was touched',
      '  one  a: would fail now: no folder␛[2J',
      '  one  c: would fail now: no folder␛[2J',
      '  1 task more could not be looked at',
    ].join('\n'),
  );
});

t.test('what a check that is whole does not come to is not to be done any more', async (t) => {
  t.match(said([task('one', 'a')], []).message, / {2}one {2}a: nothing to do any more$/);
  t.match(
    said([task('one', 'a')], [], 'waiting').message,
    /ends as "waiting" now.*\n {2}1 task more could not/,
  );
});
