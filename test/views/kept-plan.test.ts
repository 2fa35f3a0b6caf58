import t from 'tap';
import type { PlannedTask } from '../../lib/plan/kept-plan.ts';
import { keptPlanLines } from '../../lib/views/kept-plan-lines.ts';
import { notWhole } from '../../lib/views/not-whole.ts';
import { createPaint } from '../../lib/views/paint.ts';
import { width } from '../../lib/views/width.ts';

const style = {
  hosts: ['web1', 'web2', 'web10'],
  paint: createPaint(false),
  columns: 80,
  diff: false,
  steps: false,
};

const task = (host: string, more: Partial<PlannedTask> = {}): PlannedTask => ({
  host,
  name: 'copyFile',
  title: 'copy to /etc/motd',
  status: 'would-change',
  changes: [{ path: 'mode', op: 'change', from: '0600', to: '0644' }],
  steps: ['write /etc/motd'],
  digest: `of ${host}`,
  ...more,
});

const come: PlannedTask['changes'] = [
  { path: 'mode', op: 'add', to: '0644' },
  { path: 'type', op: 'change', from: 'missing', to: 'file' },
];
const gone: PlannedTask['changes'] = [
  { path: 'mode', op: 'remove', from: '0644' },
  { path: 'type', op: 'change', from: 'file', to: 'missing' },
];

t.test('hosts of which the same is said stand together, in their order', async (t) => {
  t.same(keptPlanLines([task('web10'), task('web2', { changes: come }), task('web1')], style), [
    '',
    'web1, web10  (2 hosts)',
    '  ~ copy to /etc/motd',
    '      ~ mode: 0600 -> 0644',
    '',
    'web2',
    '  + copy to /etc/motd',
    '      + mode: 0644',
    '',
    'Plan: 3 tasks on 3 hosts: 1 to add, 2 to change, 0 to remove',
  ]);
});

t.test('each kind of task has a sign, and is counted by it', async (t) => {
  const tasks = [
    task('web1', { changes: gone, title: 'remove /old', destroys: ['/old'] }),
    task('web1', { opaque: true, title: 'run true' }),
    task('web1', { status: 'unknown', changes: [], title: 'join the swarm', asRoot: true }),
    task('web1', { status: 'waiting', title: 'enter the ids' }),
    task('web1', { changes: [{ path: 'labels.x', op: 'add', to: 'true' }], title: 'label web1' }),
    task('web1', { changes: [{ path: 'labels.x', op: 'remove', from: 'true' }], title: 'label web2' }),
  ];
  t.same(keptPlanLines(tasks, style), [
    '',
    'web1',
    '  - remove /old',
    '      - mode: 0644',
    '  > run true',
    '      always runs (nothing to observe)',
    '  ? join the swarm  (as root)',
    '      known after apply',
    '  ! enter the ids',
    '      to be done by hand: the run asks, or ends here',
    '  + label web1',
    '      + labels.x: true',
    '  - label web2',
    '      - labels.x: true',
    '',
    'Cannot be undone. This would be lost:',
    '  web1  /old',
    '',
    'Plan: 6 tasks on 1 host: 1 to add, 0 to change, 2 to remove, 1 known after apply, 1 always run, 1 to be done by hand, 1 cannot be undone',
  ]);
  t.same(keptPlanLines([task('web1', { title: 'deploy da', doubt: 'may not work: a\u001b[2J' })], style), [
    '',
    'web1',
    '  ~ deploy da',
    '      may not work: a␛[2J',
    '      ~ mode: 0600 -> 0644',
    '',
    'Plan: 1 task on 1 host: 0 to add, 1 to change, 0 to remove, 1 may not work',
  ]);
  t.same(keptPlanLines([], style), ['', 'Plan: nothing to do']);
});

t.test('a plan that is not whole says so', async (t) => {
  const fault = { code: 'refused', message: 'no' };
  const failing = { status: 'would-fail', host: 'web1', name: 'copyFile', title: 'copy', fault } as const;
  const away = { status: 'unreachable', host: 'web2', fault } as const;
  t.equal(notWhole('ok', []), undefined);
  t.equal(notWhole('waiting', []), undefined);
  t.equal(notWhole('failed', [failing, away, failing]), '2 would fail, 1 unreachable');
  t.equal(notWhole('unreachable', [away]), '1 unreachable');
  t.equal(notWhole('failed', [{ status: 'would-fail', fault }]), 'the playbook failed');
  t.equal(notWhole('interrupted', []), 'interrupted');
  t.same(keptPlanLines([], { ...style, notWhole: '1 would fail' }), ['', 'Plan: not whole: 1 would fail']);
  t.equal(
    keptPlanLines([task('web1')], { ...style, notWhole: '1 unreachable' }).at(-1),
    'Plan: not whole: 1 unreachable; as far as it goes, 1 task on 1 host: 0 to add, 1 to change, 0 to remove',
  );
});

t.test('a sign has its colour', async (t) => {
  const shown = keptPlanLines([task('web1', { changes: come }), task('web2', { changes: gone })], {
    ...style,
    paint: createPaint(true),
  });
  t.ok(shown.includes('  \x1b[32m+\x1b[39m copy to /etc/motd'));
  t.ok(shown.includes('  \x1b[31m-\x1b[39m copy to /etc/motd'));
});

t.test('no host is left out, however many there are', async (t) => {
  const hosts = Array.from({ length: 200 }, (_, index) => `web${index + 1}.example.org`);
  const lines = keptPlanLines(
    hosts.map((host) => task(host, { changes: gone, destroys: ['/var/lib/data'] })),
    { ...style, hosts },
  );
  const [head, lost] = lines.join('\n').split('Cannot be undone');
  const missingIn = (text: string | undefined) =>
    hosts.filter((host) => !(text ?? '').split(/[ ,\n]+/).includes(host));
  t.same(missingIn(head), []);
  t.same(missingIn(lost), []);
  t.ok(lines.slice(0, -1).every((line) => line.split('\n').every((each) => width(each) <= 80)));
  t.match(lost, /\n {6}\/var\/lib\/data\n/);
});

t.test('names that steer a terminal are made visible', async (t) => {
  const odd = task('web\x1b[2J1', { title: 'copy to /\x1b]0;x\x07', destroys: ['\x9b5n'], changes: gone });
  const shown = keptPlanLines([odd], { ...style, hosts: [odd.host] }).join('\n');
  t.notMatch(shown, /(?!\n)\p{Cc}/u);
});
