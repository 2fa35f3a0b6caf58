import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Event } from '../../lib/events.ts';
import { createView } from '../../lib/views/create-view.ts';
import { rows } from '../../lib/views/live-rows.ts';
import { nothingYet, reduce } from '../../lib/views/live-state.ts';
import { createLiveView } from '../../lib/views/live-view.ts';
import { safeView } from '../../lib/views/safe-view.ts';
import { width } from '../../lib/views/width.ts';
import { createScript, gateEvents, haEvents, manyEvents } from './demo-events.ts';
import { createOutput } from './output.ts';
import { createTerminal } from './terminal.ts';

const SMALL = { columns: 80, rows: 24 };

function frame(events: readonly Event[], size: { columns: number; rows: number }, now = 0): string[] {
  return rows(events.reduce(reduce, nothingYet), { ...size, now }).map(
    ({ mark, text }) => `${mark}: ${text}`,
  );
}

/** The events of a run until one host or task has come so far. */
function until(events: readonly Event[], isReached: (event: Event) => boolean): readonly Event[] {
  return events.slice(0, events.findIndex(isReached) + 1);
}

t.test('three hosts have a row each, in their order', async (t) => {
  const events = haEvents();
  t.same(frame(events.slice(0, 1), SMALL), [
    'waiting: ha1      waiting',
    'waiting: ha2      waiting',
    'waiting: ha3      waiting',
  ]);
  const joining = until(events, (event) => event.type === 'task.started' && event.title === 'join the swarm');
  const now = Date.parse(joining.at(-1)?.at ?? '') + 3200;
  t.same(frame(joining, SMALL, now), [
    'ok: ha1               1 ok',
    'running: ha2        3.2 s  join the swarm',
    'waiting: ha3      waiting',
  ]);
  t.same(frame(joining, { columns: 30, rows: 5 }, now), ['more: 3 more: 1 running, 1 ok, 1…']);
  t.same(frame(joining, { columns: 30, rows: 6 }, now), [
    'running: ha2        3.2 s  join the…',
    'more: 2 more: 1 ok, 1 waiting',
  ]);
  t.same(frame(events, SMALL), [
    'changed: ha1               1 ok, 2 changed, 1 skipped',
    'changed: ha2               2 changed',
    'failed: ha3       failed  join the swarm: ha3 could not join the swarm of ha1',
  ]);
  t.same(frame(haEvents({ check: true, trouble: false }), SMALL).slice(1), [
    'changed: ha2               2 would change',
    'changed: ha3               2 would change',
  ]);
});

t.test('what a playbook reads by itself is work too, and goes with what it was read for', async (t) => {
  const at = new Date(0).toISOString();
  const begun: Event[] = [
    { type: 'run.started', at, playbook: 'p', check: false, hosts: ['a', 'b'] },
    { type: 'play.started', at, play: 'Look', hosts: ['a', 'b'] },
    { type: 'command.started', at, host: 'a', command: 1, purpose: 'fact', shown: 'x' },
    { type: 'command.started', at, host: 'b', command: 2, purpose: 'fact', shown: 'x' },
  ];
  t.same(frame(begun, SMALL, 2000), [
    'running: a        2.0 s  reading facts',
    'running: b        2.0 s  reading facts',
  ]);
  const fault = { code: 'become', message: 'no' };
  const ended: Event[] = [
    ...begun,
    {
      type: 'command.ended',
      at,
      host: 'a',
      command: 1,
      purpose: 'fact',
      shown: 'x',
      status: 0,
      seconds: 2,
      trip: 1,
    },
    {
      type: 'task.ended',
      at,
      host: 'b',
      task: 1,
      name: 'playbook',
      title: 'Look',
      status: 'failed',
      seconds: 0,
      fault,
    },
  ];
  t.match(frame(ended, SMALL), [/^waiting: a/, 'failed: b       failed  Look: no']);
});

t.test('a frame is a function of the events alone', async (t) => {
  const events = haEvents();
  const before = events.reduce(reduce, nothingYet);
  const copy = structuredClone(before);
  reduce(before, {
    type: 'task.ended',
    at: '',
    host: 'ha1',
    task: 1,
    name: 'n',
    title: 't',
    status: 'ok',
    seconds: 1,
  });
  reduce(before, { type: 'play.started', at: '', play: 'p', hosts: ['ha1', 'ha2'] });
  t.same(before, copy, 'no state is changed');
  const stray = reduce(before, {
    type: 'task.started',
    at: '',
    host: 'new',
    task: 99,
    name: 'n',
    title: 'on a host more',
  });
  t.match(rows(stray, { ...SMALL, now: 0 }).at(-1), { mark: 'running', text: /^new .* on a host more$/ });
});

t.test('five hundred hosts: trouble and work first, the rest summed up', async (t) => {
  const hosts = Array.from({ length: 500 }, (_, index) => `web${String(index + 1).padStart(3, '0')}`);
  const run = createScript({ hosts });
  run.emit({ type: 'play.started', play: 'Web servers', hosts });
  for (const host of hosts.slice(0, 380)) run.task(host, 'package nginx', 0.1, { status: 'ok' });
  for (const host of hosts.slice(380, 400)) run.task(host, 'package nginx', 0.1, { status: 'changed' });
  for (const host of hosts.slice(400, 412))
    run.unreachable(host, { code: 'unreachable', message: 'no route' });
  for (const host of hosts.slice(412, 417)) {
    run.start(
      host,
      `package nginx, with a title that is longer than a narrow terminal is wide ${'-'.repeat(60)}>`,
    );
    run.wait(10);
  }
  const { events } = run;
  t.same(frame(events, { columns: 80, rows: 16 }, run.now()), [
    'unreachable: web401  unreachable  no route',
    'unreachable: web402  unreachable  no route',
    'unreachable: web403  unreachable  no route',
    'unreachable: web404  unreachable  no route',
    'unreachable: web405  unreachable  no route',
    'unreachable: web406  unreachable  no route',
    'running: web413       50.0 s  package nginx, with a title that is longer than a narro…',
    'running: web414       40.0 s  package nginx, with a title that is longer than a narro…',
    'running: web415       30.0 s  package nginx, with a title that is longer than a narro…',
    'running: web416       20.0 s  package nginx, with a title that is longer than a narro…',
    'running: web417       10.0 s  package nginx, with a title that is longer than a narro…',
    'more: 489 more: 6 unreachable, 380 ok, 20 changed, 83 waiting',
  ]);
  const wide = frame(events, { columns: 200, rows: 16 }, run.now());
  t.match(
    wide[6],
    /^running: web413 {7}50\.0 s {2}package nginx, .* terminal is wide -+>$/,
    'the room is used',
  );

  for (const [columns, height] of [
    [80, 24],
    [200, 60],
    [20, 5],
    [1, 1],
  ] as const) {
    const drawn = rows(events.reduce(reduce, nothingYet), { columns, rows: height, now: run.now() });
    t.equal(drawn.length, Math.max(1, height - 4), 'never more rows than fit');
    t.same(
      drawn.filter(({ text }) => width(text) > Math.max(1, columns - 3)),
      [],
      'never longer than the line',
    );
  }
});

t.test('while many hosts are connected to, their number is seen growing', async (t) => {
  const at = new Date(0).toISOString();
  const hosts = Array.from({ length: 200 }, (_, index) => `web${index}`);
  const asked = (host: string, index: number): Event[] => [
    { type: 'task.started', at, host, task: index + 1, name: 'n', title: 'package nginx' },
    {
      type: 'command.started',
      at,
      host,
      task: index + 1,
      command: index + 1,
      purpose: 'fact',
      shown: 'dpkg -s nginx',
    },
  ];
  const events: Event[] = [
    { type: 'run.started', at, playbook: 'p', check: false, hosts },
    ...hosts.slice(0, 150).flatMap(asked),
  ];
  t.equal(frame(events, SMALL)[0], 'running: connecting to 150 hosts, 0 of 200 connected');
  for (const host of hosts.slice(0, 120)) events.push({ type: 'host.connected', at, host, seconds: 1 });
  const fault = { code: 'unreachable', message: 'no route' };
  events.push({ type: 'host.unreachable', at, host: 'web149', fault });
  const drawn = frame(events, SMALL);
  t.equal(drawn[0], 'running: connecting to 29 hosts, 120 of 200 connected');
  t.equal(drawn.length, 20);
  t.equal(drawn[1], 'unreachable: web149  unreachable  no route');
  t.equal(frame(events, { columns: 30, rows: 5 }).length, 1, 'the rest is more important than that');
  for (const host of hosts.slice(120, 149)) events.push({ type: 'host.connected', at, host, seconds: 1 });
  t.notMatch(frame(events, SMALL).join('\n'), 'connecting');
});

t.test('a large file on its way shows how far it is', async (t) => {
  const at = new Date(0).toISOString();
  const copy = { at, host: 'a', task: 1, command: 7, shown: 'put /opt/image.tar' } as const;
  const ofFact = { at, host: 'b', command: 8, shown: 'fetch' } as const;
  const events: Event[] = [
    { type: 'run.started', at, playbook: 'p', check: false, hosts: ['a', 'b'] },
    { type: 'task.started', at, host: 'a', task: 1, name: 'file', title: 'copy to /opt/image.tar' },
    { type: 'command.started', ...copy, purpose: 'step' },
    { type: 'command.progress', ...copy, sent: 20_000_000, size: 100_000_000 },
    { type: 'command.progress', ...copy, sent: 45_900_000, size: 100_000_000 },
    { type: 'command.started', ...ofFact, purpose: 'fact' },
    { type: 'command.progress', ...ofFact, sent: 1_499_000_000, size: 1_500_000_000 },
  ];
  t.same(frame(events, SMALL, 9000), [
    'running: a        9.0 s  copy to /opt/image.tar  45 of 100 MB',
    'running: b        9.0 s  reading facts  1.4 of 1.5 GB',
  ]);
  t.equal(
    frame(events, { columns: 45, rows: 24 }, 9000)[0],
    'running: a        9.0 s  copy to /op…  45 of 100 MB',
    'what moves is not what is cut',
  );
  t.match(frame(events, { columns: 12, rows: 24 }, 9000)[0], /^running: a {2}/);
  events.push({ type: 'command.ended', ...copy, purpose: 'step', status: 0, seconds: 9, trip: 2 });
  t.equal(frame(events, SMALL, 9000)[0], 'running: a        9.0 s  copy to /opt/image.tar');
  events.push({ type: 'command.progress', ...copy, sent: 1, size: 2 });
  events.push({ type: 'command.ended', ...ofFact, purpose: 'fact', status: 0, seconds: 9, trip: 1 });
  t.match(frame(events, SMALL, 9000)[1], /^waiting: b/);
});

t.test('on a terminal: rows below, what is to be kept above', async (t) => {
  const terminal = createTerminal({ columns: 60, rows: 20 });
  const errors = createOutput({ isTTY: true });
  const write = terminal.write;
  let now = 0;
  const view = createLiveView(
    { out: terminal, err: errors, color: false, diff: false, verbosity: 0 },
    () => now,
  );
  const drawn = async (text: string | RegExp) => {
    for (let tries = 0; tries < 100; tries += 1) {
      const screen = terminal.screen();
      if (typeof text === 'string' ? screen.includes(text) : text.test(screen)) return;
      await pause(20);
    }
    t.fail(`not drawn: ${text}`, { screen: terminal.screen() });
  };

  const events = haEvents();
  const joining = until(events, (event) => event.type === 'task.started' && event.title === 'join the swarm');
  now = Date.parse(joining.at(-1)?.at ?? '') + 3200;
  for (const event of joining) view.handle(event);
  terminal.write('a playbook says ');
  errors.write('something\n');
  await drawn('join the swarm');
  t.equal(
    terminal.screen().replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/, '*'),
    `ha.ts on 3 hosts

== Swarm on the manager (1 host)

== Join the workers (2 hosts)
ha2  changed  leave the swarm 9qd…  (1.3 s)
    ~ state: active -> inactive
a playbook says something

✔ ha1               1 ok
* ha2        3.2 s  join the swarm
· ha3      waiting
`,
  );

  terminal.columns = 20;
  await drawn(/\n\S ha2 {8}3\.2 s…\n/);
  t.match(
    terminal.screen(),
    /\nha2 {2}changed .*\n.*\na playbook says something\n\n✔ ha1 .*\n.*\n.*\n$/,
    'nothing is left of wider rows',
  );
  terminal.columns = 60;
  await drawn('3.2 s  join the swarm\n');

  for (const event of events.slice(joining.length)) view.handle(event);
  await view.end();
  await view.end();
  const last = terminal.screen();
  t.match(
    last,
    /\na playbook says something\nha2 {2}changed {2}join the swarm/,
    'it stays where it was said',
  );
  t.match(
    last,
    /\nha3 {2}failed {3}join the swarm .*\n {4}ha3 could not join the swarm of ha1\n {4}at ha\.ts:12:5\n/,
  );
  t.notMatch(last, 'ok       swarm, advertised', 'what changed nothing leaves no line');
  t.notMatch(last, /^[✔·✖⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/m, 'the rows are gone');
  t.match(last, /\n3 hosts: 1 ok, 5 changed, 1 failed, 1 skipped in 8\.2 s\n$/);
  t.equal(terminal.write, write, 'the stream is given back');
  t.equal(errors.text(), '');
});

t.test('five hundred hosts on a terminal', async (t) => {
  const terminal = createTerminal({ columns: 80, rows: 24 });
  const view = await createView('live', { out: terminal, color: true, diff: false, verbosity: 0 });
  const events = manyEvents();
  for (const [index, event] of events.entries()) {
    view.handle(event);
    if (index % 1000 === 0) await pause(30);
  }
  await view.end();
  t.match(terminal.screen(), /\n500 hosts: 4793 ok, 97 changed, 10 failed, 5 unreachable in 4\.9 s\n$/);
  t.equal(terminal.screen().match(/^web\d+ {2}changed/gm)?.length, 97);
  t.ok(terminal.written() < 200_000, 'it is drawn by the clock, not by the event');
});

t.test('a run that ends without a word, and one that was never begun', async (t) => {
  const terminal = createTerminal({ columns: 60, rows: 20 });
  const view = await createView('live', { out: terminal, color: false, diff: false, verbosity: 1 });
  for (const event of haEvents().slice(0, 5)) view.handle(event);
  terminal.write('no newline');
  await view.end();
  t.match(terminal.screen(), /\nha1 {2}ok {7}swarm, advertised at 10\.0\.0\.1 {2}\(0\.2 s\)\nno newline$/);
  view.handle({ type: 'warning', at: '', message: 'too late' });
  t.notMatch(terminal.screen(), 'too late');

  const idle = createTerminal(SMALL);
  await (await createView('live', { out: idle, color: false, diff: false, verbosity: 0 })).end();
  t.equal(idle.written(), 0);
});

t.test('a view that throws does not change the run', async (t) => {
  const errors: unknown[] = [];
  const seen: string[] = [];
  const broken = safeView(
    {
      handle(event) {
        seen.push(event.type);
        throw new Error(`no ${event.type}`);
      },
      suspend() {
        throw new Error('not asked');
      },
      end() {
        seen.push('end');
        throw new Error('nor an end');
      },
    },
    (error) => errors.push(error),
  );
  for (const event of haEvents()) broken.handle(event);
  await broken.end();
  t.same(seen, ['run.started', 'end'], 'it is asked no more');
  t.match(errors, [{ message: 'no run.started' }]);

  const endless = safeView(
    { handle() {}, suspend: () => () => {}, end: () => Promise.reject(new Error('stuck')) },
    (error) => errors.push(error),
  );
  await endless.end();
  await endless.end();
  t.match(errors, [{ message: 'no run.started' }, { message: 'stuck' }]);

  const terminal = createTerminal(SMALL);
  const clockless = createLiveView({ out: terminal, color: false, diff: false, verbosity: 0 }, () => {
    throw new Error('no clock');
  });
  const told: unknown[] = [];
  const view = safeView(clockless, (error) => told.push(error));
  view.handle({ type: 'run.started', at: '', playbook: 'ha.ts', check: false, hosts: ['a'] });
  view.handle({ type: 'task.started', at: '', host: 'a', task: 1, name: 'n', title: 't' });
  while (told.length === 0) {
    await pause(20);
    view.handle({ type: 'play.started', at: '', play: 'p', hosts: ['a'] });
  }
  view.handle({ type: 'play.started', at: '', play: 'after the fault', hosts: ['a'] });
  await view.end();
  t.match(told, [{ message: 'no clock' }], 'what its timer throws, too');
  t.notMatch(terminal.screen(), 'after the fault');
});

t.test('a host that waits for the operator has a sign of its own', async (t) => {
  const events = gateEvents();
  t.same(frame(events, SMALL), [
    'held: ha1  for answers  Digital Access Admin',
    'ok: ha2               1 ok',
  ]);
  t.same(frame(events, { columns: 80, rows: 5 }), ['more: 2 more: 1 for answers, 1 ok']);
});

t.test('the terminal is given away while the operator is asked', async (t) => {
  const terminal = createTerminal(SMALL);
  const { write } = terminal;
  const view = safeView(
    await createView('live', { out: terminal, color: false, diff: false, verbosity: 0 }),
    (error) => t.fail(String(error)),
  );
  const events = gateEvents();
  const asked = events.findIndex(({ type }) => type === 'play.started');
  for (const event of events.slice(0, asked)) view.handle(event);
  await pause(150);
  t.match(terminal.screen(), /✔ ha2/);
  const resume = view.suspend();
  t.notMatch(terminal.screen(), /✔ ha2/, 'the rows are gone');
  t.equal(terminal.write, write, 'whoever asks writes to the terminal itself');
  terminal.write('id of policy2: 7\n');
  for (const event of events.slice(asked, -1)) view.handle(event);
  const before = terminal.screen();
  await pause(250);
  t.equal(terminal.screen(), before, 'nothing is drawn');
  resume();
  for (const event of events.slice(-1)) view.handle(event);
  await view.end();
  t.match(
    terminal.screen(),
    /id of policy2: 7\n\n== Admin page \(1 host\)\nha1 {2}waiting/,
    'it is told after',
  );
  t.equal(terminal.write, write);

  const early = createTerminal(SMALL);
  const left = await createView('live', { out: early, color: false, diff: false, verbosity: 0 });
  for (const event of events.slice(0, asked)) left.handle(event);
  left.suspend();
  for (const event of events.slice(asked)) left.handle(event);
  await left.end();
  t.match(early.screen(), /== Recap: 2 hosts, 1 waiting/, 'a run may end meanwhile');
});
