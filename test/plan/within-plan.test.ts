import t from 'tap';
import type { Intent } from '../../lib/consent.ts';
import type { Change } from '../../lib/events.ts';
import type { PlannedTask } from '../../lib/plan/kept-plan.ts';
import { moved } from '../../lib/plan/moved.ts';
import { isAgreed, withinPlan } from '../../lib/plan/within-plan.ts';

const mode: Change = { path: 'mode', op: 'change', from: '0644', to: '0600' };

function planned(more: Partial<PlannedTask> = {}): PlannedTask {
  const plain = { host: 'a', name: 'copyFile', title: 'copy to /x', status: 'would-change' } as const;
  return { ...plain, changes: [mode], steps: ['write /x'], digest: 'd1', ...more };
}

function intent(more: Partial<Intent['planned']> & { title?: string; name?: string } = {}): Intent {
  const { title = 'copy to /x', name = 'copyFile', ...rest } = more;
  const changes = [mode];
  return {
    name,
    title,
    planned: {
      type: 'task.planned',
      host: 'a',
      task: 7,
      changes,
      steps: ['write /x'],
      digest: 'd1',
      ...rest,
    },
  };
}

t.test('a planned task stands for one task of the run', async (t) => {
  const isPlanned = withinPlan([planned(), planned()]);
  t.same([intent(), intent(), intent()].map(isPlanned), [true, true, false]);
});

t.test('another host, task, title or change is not in the plan', async (t) => {
  const others = [
    intent({ host: 'b' }),
    intent({ name: 'fileAbsent' }),
    intent({ title: 'copy to /y' }),
    intent({ digest: 'd2', changes: [{ ...mode, to: '0666' }] }),
    intent({ digest: 'd2', changes: [{ ...mode, from: '0600' }] }),
    intent({ digest: 'd2', changes: [mode, { ...mode, path: 'owner' }] }),
    intent({ digest: 'd2', changes: [{ path: 'mode', op: 'add', to: '0600' }] }),
    intent({ destroys: ['the swarm'] }),
  ];
  for (const other of others) t.notOk(withinPlan([planned()])(other), JSON.stringify(other));
});

t.test('what only an apply could know may be anything, and nothing beside it', async (t) => {
  const later = '(known after apply)';
  const open = planned({
    name: 'labelNode',
    title: `label node ${later} of the swarm`,
    changes: [
      { path: 'labels', op: 'change', from: null, to: { id: later, kind: 'worker' } },
      { path: 'token', op: 'add', to: `join ${later} at a` },
    ],
  });
  const filled = (id: string, kind = 'worker') =>
    intent({
      name: 'labelNode',
      title: `label node ${id} of the swarm`,
      digest: 'other',
      changes: [
        { path: 'labels', op: 'change', from: null, to: { id, kind } },
        { path: 'token', op: 'add', to: `join ${id} at a` },
      ],
    });
  t.ok(withinPlan([open])(filled('x1')));
  t.ok(withinPlan([open])(filled(' of the swarm')));
  t.notOk(withinPlan([open])(filled('x1', 'manager')));
  t.notOk(withinPlan([open])(intent({ name: 'labelNode', title: 'label node x of the swarms' })));
  t.ok(
    withinPlan([planned({ status: 'unknown', changes: [] })])(intent()),
    'nothing was known but that it is there',
  );
  t.notOk(withinPlan([planned({ status: 'unknown', changes: [] })])(intent({ destroys: ['it'] })));
  const feared = planned({ status: 'unknown', changes: [], destroys: ['perhaps it'] });
  t.ok(withinPlan([feared])(intent({ destroys: ['it'] })));
  t.ok(withinPlan([feared])(intent()), 'it was not to be lost after all');
  t.ok(isAgreed([feared], intent({ destroys: ['it'] })));
  t.notOk(isAgreed([feared], intent({ title: 'another', destroys: ['it'] })));
});

t.test('an opaque one is held against its steps', async (t) => {
  const opaque = planned({ opaque: true, changes: [], steps: ['run true'], digest: 'same' });
  const does = (steps: readonly string[]) => intent({ opaque: true, changes: [], steps, digest: 'same' });
  t.ok(withinPlan([opaque])(does(['run true'])));
  t.notOk(withinPlan([opaque])(does(['run false'])));
});

t.test('whose a file is that the same run makes, nobody knew before', async (t) => {
  const isPlanned = (was: Change, is: Change) =>
    withinPlan([planned({ changes: [was] })])(intent({ digest: 'd2', changes: [is] }));
  const added: Change = { path: 'owner', op: 'add', to: 'nobody' };
  const given: Change = { path: 'owner', op: 'change', from: 'root', to: 'nobody' };
  t.ok(isPlanned(added, given));
  t.notOk(isPlanned(added, { ...given, to: 'daemon' }));
  t.notOk(isPlanned(given, { ...given, from: 'daemon' }));
  t.notOk(isPlanned({ ...added, path: 'mode' }, { ...given, path: 'mode' }));
});

t.test('the commands of a task are those that were planned', async (t) => {
  const one = planned({ runs: 'c1' });
  t.ok(withinPlan([one])(intent({ runs: 'c1', digest: 'd2' })), 'whatever else was open');
  t.notOk(withinPlan([one])(intent({ runs: 'c2' })));
  t.notOk(withinPlan([one])(intent()));
  t.notOk(withinPlan([planned()])(intent({ runs: 'c1' })));
  t.match(moved([one], [planned({ runs: 'c2' })]), [{ kind: 'other' }]);
  t.same(moved([one], [one]), []);
});

t.test('part of what was agreed to is agreed to, again and again', async (t) => {
  const agreed = [planned({ destroys: ['stack a', 'stack b'] })];
  t.ok(isAgreed(agreed, intent({ destroys: ['stack b'] })));
  t.ok(isAgreed(agreed, intent({ destroys: ['stack b', 'stack a'] })));
  t.notOk(isAgreed(agreed, intent({ destroys: ['stack c'] })));
  t.notOk(isAgreed(agreed, intent({ destroys: ['stack a'], host: 'b' })));
  t.notOk(isAgreed([], intent({ destroys: ['stack a'] })));
});

t.test('what moved is named, host by host and task by task', async (t) => {
  t.same(
    moved([planned(), planned({ host: 'b' })], [planned({ host: 'b' }), planned()]),
    [],
    'hosts take their turns',
  );
  const kinds = (was: readonly PlannedTask[], is: readonly PlannedTask[]) =>
    moved(was, is).map(({ kind }) => kind);
  t.same(kinds([planned()], []), ['gone']);
  t.same(kinds([], [planned()]), ['new']);
  t.same(kinds([planned()], [planned({ digest: 'd2' })]), ['other']);
  t.same(kinds([planned()], [planned({ asRoot: true })]), ['other']);
  t.same(kinds([planned()], [planned({ destroys: ['it'] })]), ['other']);
  t.same(kinds([planned()], [planned({ status: 'unknown' })]), ['other']);
  t.same(kinds([planned()], [planned({ title: 'else' })]), ['gone', 'new']);
  t.same(kinds([planned(), planned({ digest: 'd2' })], [planned(), planned({ digest: 'd3' })]), ['other']);
  t.same(kinds([planned({ opaque: true })], [planned({ opaque: true, steps: ['other'] })]), ['other']);
  t.same(
    kinds([planned()], [planned({ steps: ['with another version'] })]),
    [],
    'but for counters of the Engine',
  );
});
