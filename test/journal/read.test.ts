import { hostname } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Event, Happening } from '../../lib/events.ts';
import { isRunning, startOf } from '../../lib/is-running.ts';
import { diffRuns } from '../../lib/journal/diff-runs.ts';
import { findRun } from '../../lib/journal/find-run.ts';
import type { RunMeta } from '../../lib/journal/journal-line.ts';
import { listRuns } from '../../lib/journal/list-runs.ts';
import { readJournal, readMeta } from '../../lib/journal/read-journal.ts';
import { summarize } from '../../lib/journal/summarize.ts';
import { troubledHosts, unconfirmed } from '../../lib/journal/troubled-hosts.ts';

const at = '2026-11-23T04:15:00.000Z';
const nobody = { user: 'me', host: hostname(), pid: 4_194_305 };
const meta: RunMeta = {
  type: 'journal.started',
  version: 1,
  dabook: '1.0.0',
  run: '20261123-041500-000000',
  at,
  by: nobody,
  cwd: '/',
  playbook: { name: 'P', file: '/p.ts' },
  inventory: [],
  options: { check: false, extraVars: [], forks: 50 },
};
const line = (value: object) => `${JSON.stringify(value)}\n`;
const text = (...happenings: readonly Happening[]) =>
  line(meta) + happenings.map((each) => line({ ...each, at } as Event)).join('');
const fileOf = (t: Test, content: string) => join(t.testdir({ 'journal.jsonl': content }), 'journal.jsonl');
const read = async (t: Test, ...happenings: readonly Happening[]) =>
  summarize(await readJournal(fileOf(t, text(...happenings))));

const started = (host: string, task: number, title = `t${task}`): Happening => ({
  type: 'task.started',
  host,
  task,
  name: 'n',
  title,
  play: 'p',
});
const end = (host: string, task: number, status: 'ok' | 'changed' | 'failed', code?: string): Happening => ({
  type: 'task.ended',
  host,
  task,
  name: 'n',
  title: `t${task}`,
  status,
  seconds: 1,
  ...(code === undefined ? {} : { fault: { code, message: 'm' } }),
});
const step = (host: string, task: number, number: number): Happening => ({
  type: 'step.started',
  host,
  task,
  step: number,
  shown: `s${number}`,
});
const stepEnd = (host: string, task: number, number: number, outcome: 'done' | 'lost'): Happening => ({
  type: 'step.ended',
  host,
  task,
  step: number,
  shown: `s${number}`,
  outcome,
  seconds: 1,
});

t.test('a line that was cut off is left out; one that is none is told with its place', async (t) => {
  const cut = await readJournal(fileOf(t, `${text(started('a', 1))}{"type":"task.en`));
  t.equal(cut.lines.length, 2);
  t.equal(cut.isCut, true);
  t.equal((await readJournal(fileOf(t, text()))).isCut, false);

  for (const wrong of ['{"type":"ta\n', '\n', '[]\n', '{}\n']) {
    const file = fileOf(t, `${text(started('a', 1))}${wrong}${line({ type: 'warning', at, message: '' })}`);
    await t.rejects(readJournal(file), {
      code: 'usage',
      message: `${file}:3: this line is none of a journal`,
    });
  }
  await t.rejects(readJournal(fileOf(t, '')), /does not begin as a journal does/);
  await t.rejects(
    readJournal(fileOf(t, line({ type: 'warning', at, message: '' }))),
    /does not begin as a journal does/,
  );
  await t.rejects(
    readJournal(fileOf(t, line({ ...meta, version: 2 }))),
    /written by a newer dabook \(1\.0\.0\)/,
  );
  await t.rejects(readJournal('/nowhere/journal.jsonl'), {
    code: 'usage',
    message: /cannot be read: ENOENT/,
  });
  await t.rejects(
    readJournal(fileOf(t, line({ ...meta, by: 1 }))),
    /:1: what a journal begins with is missing/,
  );
  t.equal(await readMeta(fileOf(t, line(meta).trimEnd())), undefined);
  t.same(await readMeta(fileOf(t, line(meta))), meta);
});

t.test('what was begun and never confirmed', async (t) => {
  const run = await read(
    t,
    { type: 'run.started', playbook: 'P', check: false, hosts: ['a', 'b', 'c', 'd', 'e', 'f'] },
    ...[started('a', 1), step('a', 1, 1), stepEnd('a', 1, 1, 'done'), step('a', 1, 2)],
    // Lost, and seen to have been done by the look that followed.
    ...[started('b', 2), step('b', 2, 3), stepEnd('b', 2, 3, 'lost'), end('b', 2, 'changed')],
    ...[started('c', 3), step('c', 3, 4), stepEnd('c', 3, 4, 'lost'), end('c', 3, 'failed', 'lost')],
    ...[started('d', 4), end('d', 4, 'failed', 'command')],
    { type: 'host.lost', host: 'b', fault: { code: 'lost', message: 'gone' } },
    { type: 'host.unreachable', host: 'e', fault: { code: 'unreachable', message: 'm' } },
    ...[started('e', 5), end('e', 5, 'failed', 'unreachable')],
  );
  t.equal(run.state, 'died');
  t.same(troubledHosts(run, 'lost'), ['a', 'c']);
  t.same(troubledHosts(run, 'failed'), ['c', 'd']);
  t.same(troubledHosts(run, 'unreachable'), ['e']);
  t.same(
    run.hosts.map(({ host, tasks }) => [host, tasks.flatMap(unconfirmed).map(({ shown }) => shown)]),
    [
      ['a', ['s2']],
      ['b', []],
      ['c', ['s4']],
      ['d', []],
      ['e', []],
      ['f', []],
    ],
  );
  t.same(run.hosts[1]?.losses, [{ code: 'lost', message: 'gone' }]);
  const counted = Object.fromEntries(run.hosts.map(({ host, counts }) => [host, counts]));
  t.match(counted, {
    a: { changed: 0 },
    b: { changed: 1 },
    c: { failed: 1 },
    e: { failed: 0, unreachable: 1 },
  });
});

t.test('how far a run has got', async (t) => {
  const state = (by: RunMeta['by']) => summarize({ meta: { ...meta, by }, lines: [], isCut: false }).state;
  const own = { ...nobody, pid: process.pid };
  const start = startOf(process.pid);
  t.type(start, 'string');
  t.equal(state({ ...own, started: start ?? '' }), 'running');
  t.equal(state({ ...own, started: `${start}0` }), 'died', 'another process has got its number');
  t.equal(state(nobody), 'died');
  t.equal(state({ ...own, host: 'elsewhere' }), 'unknown');
  t.equal(isRunning({ ...own, host: 'elsewhere' }), undefined);
  const ended = await read(t, {
    type: 'run.ended',
    check: false,
    outcome: 'failed',
    seconds: 1,
    hosts: {},
    roundTrips: {},
  });
  t.match(ended, { state: 'ended', end: { outcome: 'failed' } });
});

t.test('what two runs did differently', async (t) => {
  const hosts = (...names: string[]): Happening => ({
    type: 'run.started',
    playbook: 'P',
    check: false,
    hosts: names,
  });
  const before = await read(
    t,
    hosts('a', 'b', 'gone'),
    ...[started('a', 1, 'x'), step('a', 1, 1), stepEnd('a', 1, 1, 'done'), end('a', 1, 'changed')],
    ...[started('a', 2, 'twice'), end('a', 2, 'ok'), started('a', 3, 'twice'), end('a', 3, 'ok')],
    ...[started('b', 4, 'same'), end('b', 4, 'ok')],
  );
  const after = await read(
    t,
    hosts('a', 'b', 'new'),
    ...[started('b', 1, 'same'), end('b', 1, 'ok')],
    ...[started('a', 2, 'x'), end('a', 2, 'ok')],
    ...[started('a', 3, 'twice'), end('a', 3, 'ok'), started('a', 4, 'twice'), end('a', 4, 'failed')],
    started('a', 5, 'more'),
  );
  const { tasks, onlyBefore, onlyAfter } = diffRuns(before, after);
  t.same([onlyBefore, onlyAfter], [['gone'], ['new']]);
  t.match(tasks, [
    { host: 'a', title: 'x', inStatus: true, inChanges: false, inSteps: true },
    { host: 'a', title: 'twice', before: { task: 3 }, after: { task: 4 }, inStatus: true, inSteps: false },
    { host: 'a', title: 'more', before: undefined, inStatus: true },
  ]);
  t.equal(tasks.length, 3);
  t.same(diffRuns(after, after).tasks, []);
});

t.test('a list tells the same of a run whether its ends or all of it are read', async (t) => {
  const whole: readonly Happening[] = [
    { type: 'run.started', playbook: 'P', check: false, hosts: ['a'] },
    ...[started('a', 1), step('a', 1, 1), stepEnd('a', 1, 1, 'done'), end('a', 1, 'changed')],
  ];
  const counts = {
    ok: 0,
    changed: 1,
    unknown: 0,
    failed: 0,
    lost: 0,
    unreachable: 0,
    skipped: 0,
    waiting: 0,
  };
  const over: Happening = {
    type: 'run.ended',
    check: false,
    outcome: 'ok',
    seconds: 2,
    hosts: { a: counts },
    roundTrips: {},
  };
  const id = (last: number) => `20261123-041500-00000${last}`;
  const content = [
    text(...whole, over),
    text(...whole),
    text(...whole, step('a', 1, 2), over),
    text(...whole, over).slice(0, -9),
    text(...whole, over).replace('"task.started"', '"task.started'),
  ].map((journal, index) => [id(index), { 'journal.jsonl': journal }]);
  const runs = await listRuns(t.testdir({ ...Object.fromEntries(content), notes: '', [id(9)]: {} }));
  const common = { playbook: 'P', user: 'me', hosts: 1, changed: 1 };
  t.match(runs, [
    { ...common, state: 'ended', outcome: 'ok', seconds: 2, unconfirmed: 0 },
    { ...common, state: 'died', outcome: undefined, unconfirmed: 0 },
    { ...common, state: 'ended', outcome: 'ok', unconfirmed: 1 },
    { ...common, state: 'died' },
    { ...common, state: 'ended' },
  ]);
  t.equal(runs.length, 5);
});

t.test('a run is found by a part of its id', async (t) => {
  const ids = ['20261123-041500-00aaaa', '20261123-041500-01bbbb', '20261124-000000-00aaab'];
  t.equal(findRun(ids, 'last'), ids[2]);
  t.equal(findRun(ids, ids[0] ?? ''), ids[0]);
  t.equal(findRun(ids, '20261124'), ids[2]);
  t.equal(findRun(ids, 'bbbb'), ids[1]);
  t.throws(() => findRun(ids, '20261123'), {
    message: /^2 runs begin or end with/,
    hint: /00aaaa, .*01bbbb$/,
  });
  for (const none of ['x', ''])
    t.throws(() => findRun(ids, none), { code: 'usage', hint: /^the latest are .*00aaab$/ });
  t.throws(() => findRun([], 'last'), { code: 'usage', message: 'no runs are kept here' });
});
