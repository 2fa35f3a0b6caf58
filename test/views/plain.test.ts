import t from 'tap';
import type { Change, Event, Fault } from '../../lib/events.ts';
import { changeLines } from '../../lib/views/change-lines.ts';
import { createView } from '../../lib/views/create-view.ts';
import { createPaint } from '../../lib/views/paint.ts';
import { planLines } from '../../lib/views/plan-lines.ts';
import { column, fit, fitMiddle, width, wrap } from '../../lib/views/width.ts';
import { visible, visibleLines } from '../../lib/visible.ts';
import { createScript, gateEvents, haEvents, manyEvents } from './demo-events.ts';
import { createOutput, told } from './output.ts';

const HA = `ha.ts on 3 hosts

== Swarm on the manager (1 host)
ha1  ok       swarm, advertised at 10.0.0.1  (0.2 s)

== Join the workers (2 hosts)
ha2  changed  leave the swarm 9qd…  (1.3 s)
    ~ state: active -> inactive
ha2  changed  join the swarm  (2.5 s)
    ~ state: inactive -> active
    + nodeId: (known after apply)
ha3  changed  leave the swarm 9qd…  (1.3 s)
    ~ state: active -> inactive
ha3  failed   join the swarm  (2.5 s)
    ha3 could not join the swarm of ha1
    at ha.ts:12:5
    $ POST /swarm/join
    answered with HTTP status 503
    | rpc error: code = Unavailable
    | ␛[31mconnection refused␛[0m to 10.0.0.1:2377
    cause: connect ECONNREFUSED 10.0.0.1:2377
    hint: open port 2377 of ha1 for ha3, then run again
    it was meant to change:
    ~ state: inactive -> active
    + nodeId: (known after apply)
== Join the workers: 1 failed  (7.5 s)

== Deploy (1 host)
ha1  changed  label node 4kx…  (0.4 s)
    + labels.da-policy-service1: true
    ~ labels.zone: a -> ""
    - labels.old: true
ha1  changed  file /etc/da/versiontag.yml  (0.1 s)
    ~ content: 1 line changed
    ~ mode: 0644 -> 0600
ha1  skipped  remove stack old
    left out by --tags

== Recap: 3 hosts, 1 failed
  ha3  failed       join the swarm: ha3 could not join the swarm of ha1
  ha1  ok 1  changed 2  failed 0  unreachable 0  skipped 1
  ha2  ok 0  changed 2  failed 0  unreachable 0  skipped 0
  ha3  ok 0  changed 1  failed 1  unreachable 0  skipped 0

3 hosts: 1 ok, 5 changed, 1 failed, 1 skipped in 8.2 s
`;

const HA_CHECKED = `ha.ts on 3 hosts  CHECK MODE: nothing will be written

== Swarm on the manager (1 host)
ha1  ok            swarm, advertised at 10.0.0.1  (0.2 s)

== Join the workers (2 hosts)
ha2  would change  leave the swarm 9qd…  (1.3 s)
    ~ state: active -> inactive
    > POST /swarm/leave?force=true
ha2  would change  join the swarm  (2.5 s)
    ~ state: inactive -> active
    + nodeId: (known after apply)
    > POST /swarm/join <worker join token>
ha3  would change  leave the swarm 9qd…  (1.3 s)
    ~ state: active -> inactive
    > POST /swarm/leave?force=true
ha3  would change  join the swarm  (2.5 s)
    ~ state: inactive -> active
    + nodeId: (known after apply)
    > POST /swarm/join <worker join token>

== Deploy (1 host)
ha1  would change  label node 4kx…  (0.4 s)
    + labels.da-policy-service1: true
    ~ labels.zone: a -> ""
    - labels.old: true
    > POST /nodes/4kx/update?version=7
ha1  would change  file /etc/da/versiontag.yml  (0.1 s)
    ~ content:
        @@ -1,3 +1,3 @@
         services:
           web:
        -    tag: 1
        +    tag: 2
    ~ mode: 0644 -> 0600
    > put /etc/da/versiontag.yml root:root 0600
ha1  skipped       remove stack old
    left out by --tags

== Recap: 3 hosts, no trouble
  ha1  ok 1  would change 2  would fail 0  unreachable 0  skipped 1
  ha2  ok 0  would change 2  would fail 0  unreachable 0  skipped 0
  ha3  ok 0  would change 2  would fail 0  unreachable 0  skipped 0

3 hosts: 1 ok, 6 would change, 0 would fail, 1 skipped in 8.2 s; check mode, nothing was written
`;

t.test('a run is told in lines', async (t) => {
  t.equal(await told('plain', haEvents()), HA);
  const checked = haEvents({ check: true, trouble: false });
  t.equal(await told('plain', checked, { diff: true, verbosity: 1 }), HA_CHECKED);

  const commands = (await told('plain', haEvents({ trouble: false }), { verbosity: 2 })).split('\n');
  t.same(
    commands.filter((line) => line.includes(' step ')),
    [
      'ha2  step     POST /swarm/leave?force=true  (status 0, 0.02 s, trip 2)',
      'ha2  step     POST /swarm/join <worker join token>  (status 0, 0.02 s, trip 2)',
      'ha3  step     POST /swarm/leave?force=true  (status 0, 0.02 s, trip 2)',
      'ha3  step     POST /swarm/join <worker join token>  (status 0, 0.02 s, trip 2)',
      'ha1  step     POST /nodes/4kx/update?version=7  (status 0, 0.02 s, trip 2)',
      'ha1  step     put /etc/da/versiontag.yml root:root 0600  (status 0, 0.02 s, trip 2)',
    ],
    'each command, from -vv on',
  );
});

t.test('colours change nothing but the colours', async (t) => {
  const colored = await told('plain', haEvents(), { color: true });
  t.match(colored, '\x1b[31mfailed \x1b[39m');
  t.match(
    colored,
    '\x1b[2mha1  \x1b[2mok     \x1b[22;2m  swarm, advertised',
    'what is quiet stays quiet to its end',
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  t.equal(colored.replace(/\x1b\[[\d;]+m/g, ''), HA);
});

t.test('five hundred hosts have a recap that can be read', async (t) => {
  const text = await told('plain', manyEvents(), { columns: 80 });
  t.equal(
    text.slice(text.indexOf('== Recap')),
    `== Recap: 500 hosts, 10 failed, 5 unreachable
  web008  failed       package 5 of 10 is the newest: no package 5 on web008
  web058  failed       package 5 of 10 is the newest: no package 5 on web058
  web100  unreachable  connect ETIMEDOUT 10.0.0.99:22
  web109  failed       package 5 of 10 is the newest: no package 5 on web109
  web159  failed       package 5 of 10 is the newest: no package 5 on web159
  web200  unreachable  connect ETIMEDOUT 10.0.0.199:22
  web210  failed       package 5 of 10 is the newest: no package 5 on web210
  web260  failed       package 5 of 10 is the newest: no package 5 on web260
  web300  unreachable  connect ETIMEDOUT 10.0.0.49:22
  web311  failed       package 5 of 10 is the newest: no package 5 on web311
  web361  failed       package 5 of 10 is the newest: no package 5 on web361
  web400  unreachable  connect ETIMEDOUT 10.0.0.149:22
  web412  failed       package 5 of 10 is the newest: no package 5 on web412
  web462  failed       package 5 of 10 is the newest: no package 5 on web462
  web500  unreachable  connect ETIMEDOUT 10.0.0.249:22
  388 hosts  ok 10  changed 0  failed 0  unreachable 0  skipped 0
    web002, web003, web004, web005, web007, web009, web010, web011, web013, web…
  97 hosts   ok  9  changed 1  failed 0  unreachable 0  skipped 0
    web001, web006, web012, web017, web022, web027, web032, web037, web042, web…
  10 hosts   ok  4  changed 0  failed 1  unreachable 0  skipped 0
    web008, web058, web109, web159, web210, web260, web311, web361, web412, web…
  5 hosts    ok  0  changed 0  failed 0  unreachable 1  skipped 0
    web100, web200, web300, web400, web500

500 hosts: 4793 ok, 97 changed, 10 failed, 5 unreachable in 4.9 s
`,
  );
});

t.test('a thousand hosts on which all is well need no more than a few lines', async (t) => {
  const hosts = Array.from({ length: 1000 }, (_, index) => `web${String(index + 1).padStart(4, '0')}`);
  const run = createScript({ hosts, playbook: 'web.ts' });
  run.emit({ type: 'play.started', play: 'Web servers', hosts });
  for (const [index, host] of hosts.entries()) {
    run.task(host, 'package nginx', 0, { status: 'ok' });
    run.emit({ type: 'host.ended', host, play: 'Web servers', seconds: 1 + index / 100 });
  }
  run.emit({
    type: 'play.ended',
    play: 'Web servers',
    failed: [],
    unreachable: [],
    waiting: [],
    seconds: 12,
  });
  const events = run.finish('ok');
  t.equal(
    await told('plain', events, { columns: 80 }),
    `web.ts on 1000 hosts

== Web servers (1000 hosts)
== Web servers: no trouble  (12.0 s)

== Recap: 1000 hosts, no trouble
  1000 hosts  ok 1  changed 0  failed 0  unreachable 0  skipped 0
    web0001, web0002, web0003, web0004, web0005, web0006, web0007, web0008, web…
  slowest: web1000 11.0 s, web0999 11.0 s, web0998 11.0 s; median 6.0 s

1000 hosts: 1000 ok, 0 changed, 0 failed in 0.0 s
`,
  );
  const loud = await told('plain', events, { verbosity: 1 });
  t.equal(loud.match(/^web\d+ {2}ok /gm)?.length, 1000, 'each of them, from -v on');

  const mixed = createScript({ hosts: hosts.slice(0, 30) });
  for (const [index, host] of hosts.slice(0, 30).entries()) {
    for (let task = 0; task <= Math.min(index, 11); task += 1)
      mixed.task(host, 'package', 0, { status: 'changed' });
  }
  const recap = (await told('plain', mixed.finish('ok'), { columns: 80 })).split('== Recap')[1];
  t.match(recap, /\n {2}19 hosts {3}ok 0 {2}changed 12 .*\n {4}web0012, web0013/);
  t.match(recap, '\n  4 more hosts, with other counts: web0008, web0009, web0010, web0011\n');
});

t.test('-vv tells of connections and round trips', async (t) => {
  const run = createScript({ hosts: ['a', 'b', 'c'] });
  run.emit({ type: 'host.connected', host: 'a', seconds: 0.213 });
  run.task('a', 'file /etc/motd', 0, { status: 'changed', steps: ['put /etc/motd'] });
  const [last, ...before] = run.finish('ok').toReversed();
  if (last?.type !== 'run.ended') throw new Error('no end');
  const text = async (roundTrips: Record<string, number>, verbosity = 2) =>
    told('plain', [...before.toReversed(), { ...last, roundTrips }], { verbosity, columns: 70 });
  t.match(await text({ a: 3, b: 3 }), '\na  connect  (0.21 s)\n');
  t.match(await text({ a: 3, b: 3 }), '\n  round trips per host: 3\n');
  t.match(await text({ a: 1, b: 7, c: 2 }), '\n  round trips per host: 7 at most (b), median 2\n');
  t.match(await text({ a: 1, b: 7, c: 7 }), 'round trips per host: 7 at most (b and 1 more), median 7\n');
  t.notMatch(await text({}), 'round trips', 'none where no host was connected to');
  t.notMatch(await text({ a: 3 }, 1), /connect|round trips/);
});

t.test('a fault is told once, and trouble is named in full', async (t) => {
  const hosts = Array.from({ length: 25 }, (_, index) => `db${index + 1}`);
  const run = createScript({ hosts, playbook: 'db.ts' });
  const fault: Fault = { code: 'unreachable', message: 'no route to host', hint: 'check the address' };
  for (const host of hosts) run.unreachable(host, fault);
  run.task('db1', 'ping', 0, { status: 'failed', fault });
  run.emit({ type: 'warning', message: 'known_hosts is empty' });
  run.emit({ type: 'warning', host: 'db2', message: 'no \x1b[2J entropy' });
  run.wait(75);
  const text = await told('plain', run.finish('unreachable', fault), { columns: 80 });
  t.equal(text.match(/ {4}no route to host/g)?.length, 25, 'once on each host');
  t.notMatch(text, 'ping', 'nor with the task that it was lost in');
  t.match(
    text,
    '\n    hint: check the address\nwarning: known_hosts is empty\ndb2   warning: no ␛[2J entropy\n',
  );
  t.match(text, '\n  and 5 more: db21, db22, db23, db24, db25\n');
  t.equal(
    text.slice(text.indexOf('  25 hosts')),
    `  25 hosts   ok 0  changed 0  failed 0  unreachable 1  skipped 0
    db1, db2, db3, db4, db5, db6, db7, db8, db9, db10, db11, db12, db13, db14, …

25 hosts: 0 ok, 0 changed, 0 failed, 25 unreachable in 1 min 15 s
`,
  );

  const failing = createScript({ hosts: ['a'] });
  failing.emit({ type: 'play.started', play: 'Empty', hosts: [] });
  const bug: Fault = {
    code: 'bug',
    message: "cannot read 'ip'",
    where: 'ha.ts:3:9',
    causes: ['one', 'two\nlines'],
  };
  t.equal(
    await told('plain', failing.finish('interrupted', bug)),
    `ha.ts on 1 host

== Empty (0 hosts)

== Recap: 1 host
  not run: a

cannot read 'ip'
at ha.ts:3:9
cause: one
cause: two
       lines

1 host: 0 ok, 0 changed, 0 failed in 0.0 s, interrupted
`,
    'what ended the run is told where no task told it',
  );

  const broken = createScript({ hosts: ['a', 'b', 'c'] });
  broken.task('b', 'ping', 0, { status: 'ok' });
  const loudly = await told('plain', broken.finish('failed', bug));
  t.match(
    loudly,
    `
== Recap: 3 hosts, the playbook failed
  b  ok 1  changed 0  failed 0  unreachable 0  skipped 0
  not run: a, c
`,
  );
  t.match(
    loudly,
    "\n3 hosts: 1 ok, 0 changed, 0 failed in 0.0 s\nthe playbook failed: cannot read 'ip'\n",
    'nobody takes it for a run that went well',
  );

  const loud = createScript({ hosts: ['a'] });
  const stderr = Array.from({ length: 14 }, (_, index) => `line ${index + 1}`).join('\n');
  const command = { shown: 'printf "a\nb"', status: 3, stderr };
  loud.task('a', 'run', 0, { status: 'failed', fault: { code: 'command', message: 'it failed', command } });
  const ran = [
    { path: 'done', op: 'change', from: false, to: true },
    { path: 'runs', op: 'add', to: 1 },
  ] as const;
  loud.task('a', 'script', 0, { status: 'changed', opaque: true, changes: ran });
  const lines = (await told('plain', loud.finish('failed'))).split('\n').slice(1, 8);
  t.same(lines, [
    'a  failed   run',
    '    it failed',
    '    $ printf "a␊b"',
    '    exit status 3',
    '    (2 earlier lines of stderr are not shown)',
    '    | line 3',
    '    | line 4',
  ]);
  t.match(
    await told('plain', loud.events),
    'a  changed  script\n    always runs (nothing to observe)\n\n==',
    'how often it ran is no change that anybody asked for',
  );
});

t.test('changes', async (t) => {
  const shown = (change: Change, columns = 60, diff = false) =>
    changeLines(change, { columns, diff, paint: createPaint(false) });
  const text = (lines: number, word = 'line') =>
    Array.from({ length: lines }, (_, index) => `${word} ${index}\n`).join('');

  t.same(
    shown({ path: '', op: 'add', to: { state: 'active' } }),
    ['+ {"state":"active"}'],
    'the whole thing',
  );
  t.same(shown({ path: '', op: 'remove', from: 'x' }), ['- x']);
  t.same(shown({ path: 'n', op: 'change', from: '1', to: 1 }), ['~ n: "1" -> 1'], 'only the type differs');
  t.same(shown({ path: 'n', op: 'change', from: ' a', to: null }), ['~ n: " a" -> null'], 'where it begins');
  t.same(shown({ path: 'motd', op: 'add', to: text(3) }), ['+ motd: 3 lines']);
  t.same(shown({ path: 'motd', op: 'add', to: 'a\nb' }, 60, true), ['+ motd:', '    +a', '    +b']);
  const inserted = `first\n${text(30).replace('line 9\n', 'line nine\n')}`;
  t.same(shown({ path: 'c', op: 'change', from: text(30), to: inserted }), ['~ c: 2 lines changed']);
  t.same(shown({ path: 'c', op: 'change', from: 'a\nb\n', to: 'b\na\n' }), [
    '~ c: its lines in another order',
  ]);
  t.same(shown({ path: 'c', op: 'change', from: 'a\nb', to: '' }, 60, true), [
    '~ c:',
    '    @@ -1,2 +0,0 @@',
    '    -a',
    '    -b',
    '    \\ No newline at end of file',
  ]);
  const other = { path: 'c', op: 'change', from: text(3000), to: text(2999, 'other') } as const;
  t.same(shown(other, 60, true), ['~ c: 3000 lines -> 2999 other lines'], 'a diff that nobody could read');

  const image = 'registry.example.org/digital-access/policy-service';
  const tags = { path: 'image', op: 'change', from: `${image}:1.4`, to: `${image}:1.5` } as const;
  t.same(shown(tags, 130), [`~ image: ${image}:1.4 -> ${image}:1.5`]);
  t.same(shown(tags, 70), ['~ image:', `    - ${image}:1.4`, `    + ${image}:1.5`]);
  t.same(
    shown(tags, 40),
    ['~ image:', '    - …digital-access/policy-service:1.4', '    + …digital-access/policy-service:1.5'],
    'never cut before they differ',
  );
  for (const line of shown(
    { path: 'x'.repeat(50), op: 'change', from: '宽'.repeat(50), to: 'b'.repeat(90) },
    40,
  )) {
    t.ok(width(line) <= 40, line);
  }
  t.same(
    shown({ path: 'l.\x07', op: 'add', to: 'a\x9bb\u202ec' }),
    ['+ l.␇: a\\x9bb\\u202ec'],
    'nothing steers',
  );
});

t.test('a checksum is told where its text is not', async (t) => {
  const sha256 = (path: string, to = 'new'): Change => ({ path, op: 'change', from: 'old', to });
  const told = (...changes: readonly Change[]) =>
    planLines(
      { type: 'task.planned', at: '', host: 'a', task: 1, changes, steps: [] },
      { paint: createPaint(false), columns: 60, diff: true, steps: true, isAhead: true },
    );
  t.same(told(sha256('sha256')), ['~ sha256: old -> new']);
  t.same(told(sha256('sha256'), sha256('text', 'b')), ['~ text: old -> b']);
  t.same(told({ path: 'content', op: 'add', to: 'x' }, sha256('sha256')), ['+ content: x']);
  t.same(
    told({ path: 'content', op: 'remove', from: 'x' }, sha256('sha256')),
    ['- content: x', '~ sha256: old -> new'],
    'the new text is too long to be shown',
  );
  t.same(
    told(sha256('files./a.sha256'), sha256('files./a.text'), sha256('files./b.sha256')),
    ['~ files./a.text: old -> new', '~ files./b.sha256: old -> new'],
    'each beside its own',
  );
});

t.test('what nothing brings back is told ahead, not of what is done', async (t) => {
  const told = (isAhead: boolean) =>
    planLines(
      { type: 'task.planned', at: '', host: 'a', task: 1, changes: [], steps: [], destroys: ['/srv/x\x07'] },
      { paint: createPaint(false), columns: 60, diff: false, steps: false, isAhead },
    );
  t.same(told(true), ['cannot be undone, lost: /srv/x␇']);
  t.same(told(false), []);
});

t.test('text of a host cannot steer a terminal or break the layout', async (t) => {
  t.equal(visible('a\x1b[2J\tb\r\n\x7f\u200b\ufeff'), 'a␛[2J b␍␊␡\\u200b\\ufeff');
  t.same(visibleLines('a\tb\r\n  c\x08\r\n'), ['a\tb', '  c␈']);
  t.equal(width('abc'), 3);
  t.equal(width('日本語'), 6);
  t.equal(width('e\u0301té'), 3);
  t.equal(width('🚀'), 2);
  t.equal(fit('日本語のテスト', 6), '日本…');
  t.equal(fit('e\u0301e\u0301e\u0301', 2), 'e\u0301…', 'a letter keeps its accent');
  t.equal(fit('abc', 0), '');
  t.equal(column('日本', 6), '日本  ');
  const run = createScript({ hosts: ['a', '東京'] });
  run.task('a', '東'.repeat(80), 1, { status: 'changed' });
  run.task('東京', 'x'.repeat(200), 1, { status: 'ok' });
  const lines = (await told('plain', run.events, { columns: 50 })).split('\n').slice(1);
  t.same(lines[0], `a     changed  ${'東'.repeat(17)}`);
  t.same(lines[4], `               ${'東'.repeat(12)}  (1.0 s)`);
  t.same(lines[5], `東京  ok       ${'x'.repeat(35)}`);
  t.ok(
    lines.every((line) => width(line) <= 50),
    'wrapped, never past the edge',
  );
});

t.test('what stays keeps what tells it apart, however narrow it is shown', async (t) => {
  t.equal(fitMiddle('abcdefghij', 7), 'abc…hij');
  t.equal(fitMiddle('日本語のテスト', 9), '日本…スト');
  t.equal(fitMiddle('abc', 3), 'abc');
  t.same(wrap('one two  three', 7), ['one two', 'three']);
  t.same(wrap('one abcdefghij', 4), ['one', 'abcd', 'efgh', 'ij']);
  t.same(wrap('', 4), ['']);
  const image = 'registry.example.org/digital-access/policy-service';
  const shown = changeLines(
    { path: 'image', op: 'add', to: `${image}:1.5` },
    {
      columns: 30,
      diff: false,
      paint: createPaint(false),
    },
  );
  t.match(shown, ['+ image: regist…cy-service:1.5']);

  const run = createScript({ hosts: ['manager-of-them-all', 'b'] });
  run.task('b', 'file /etc/digital-access/first.conf', 0.2, { status: 'changed' });
  run.task('manager-of-them-all', 'file /etc/digital-access/second.conf', 0, {
    status: 'failed',
    fault: { code: 'command', message: 'the folder /etc/digital-access is not there' },
  });
  const text = await told('plain', run.finish('failed'), { columns: 40 });
  t.equal(
    text,
    `ha.ts on 2 hosts
b                    changed
    file /etc/digital-access/first.conf
    (0.2 s)
manager-of-them-all  failed
    file /etc/digital-access/second.conf
    the folder /etc/digital-access is not there

== Recap: 2 hosts, 1 failed
  manager-of-them-all  failed
      file
      /etc/digital-access/second.conf:
      the folder /etc/digital-access is
      not there
  manager-of-them-all  ok 0  changed 0  failed 1  unreachable 0  skipped 0
  b                    ok 0  changed 1  failed 0  unreachable 0  skipped 0

2 hosts: 0 ok, 1 changed, 1 failed in 0.2 s
`,
  );
});

t.test('json is the events, one a line', async (t) => {
  const events: Event[] = [
    ...haEvents(),
    { type: 'warning', at: '2026-01-05T10:00:00.000Z', message: 'a\nb\x1b[0m\x9b2J\u2028 "c" é 日' },
  ];
  const text = await told('json', events);
  t.same(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    events,
  );
  t.notMatch(text, /[\u007f-\u009f\u2028]/);
  t.match(text, '\\u009b2J\\u2028');
});

t.test('a run that waits for the operator ends with what is to be done', async (t) => {
  const text = await told('plain', gateEvents(), { columns: 50 });
  const checklist = `Digital Access Admin
7 is given twice
Log in
  1. open https://10.0.0.1:8443
Register
  2. add policy2 with a name that is long enough
     to be wrapped here
  3. publish
Known already:
  - policy1: id of policy1: 6
To be answered when it is done:
  - policy2: id of policy2 (␛[2J)
`;
  t.equal(
    text.slice(text.indexOf('ha1')),
    `ha1  waiting  Digital Access Admin
    an answer is waited for
== Admin page: 1 waiting  (0.0 s)

== Recap: 2 hosts, 1 waiting
  ha1  ok 0  changed 0  failed 0  unreachable 0  skipped 0  waiting 1
  ha2  ok 1  changed 0  failed 0  unreachable 0  skipped 0  waiting 0

2 hosts: 1 ok, 0 changed, 0 failed, 1 waiting in 0.0 s

${checklist}`,
  );
  const colored = await told('plain', gateEvents(), { color: true });
  t.match(colored, '\x1b[35mwaiting\x1b[39m', 'in a colour of its own');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  t.notMatch(colored, /\x1b\[31m/, 'not in that of failures');

  const checked = await told('plain', gateEvents({ check: true }), { columns: 50 });
  t.match(checked, /^ha1 {2}waiting +Digital Access Admin$/m);
  t.ok(checked.endsWith(checklist), 'seen before');
});

t.test('what is asked is in the JSON as data', async (t) => {
  const events = (await told('json', gateEvents()))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const form = { title: 'Digital Access Admin', questions: [{ answer: 6 }, { name: 'policy2' }] };
  t.match(events, [
    { type: 'run.started' },
    {},
    {},
    {},
    {},
    {},
    { type: 'task.planned', form },
    {},
    {},
    { type: 'task.ended', status: 'waiting', fault: undefined, form },
    { type: 'play.ended', waiting: ['ha1'] },
    { type: 'run.ended', outcome: 'waiting', hosts: { ha1: { failed: 0, waiting: 1 } } },
  ]);
});

t.test('while the operator is asked, nothing is written in between', async (t) => {
  const out = createOutput();
  const view = await createView('plain', { out, color: false, diff: false, verbosity: 0 });
  const [first, ...events] = gateEvents();
  if (first !== undefined) view.handle(first);
  const before = out.text();
  const resume = view.suspend();
  for (const event of events) view.handle(event);
  t.equal(out.text(), before);
  resume();
  resume();
  await view.end();
  t.equal(out.text(), await told('plain', gateEvents()));
});
