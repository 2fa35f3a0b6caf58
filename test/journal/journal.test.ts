import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { z } from 'zod';
import type { Event } from '../../lib/events.ts';
import { playbook } from '../../lib/index.ts';
import { createJournal, type Journal } from '../../lib/journal/create-journal.ts';
import type { JournalLine } from '../../lib/journal/journal-line.ts';
import { createLineWriter } from '../../lib/journal/line-writer.ts';
import { readJournal } from '../../lib/journal/read-journal.ts';
import { createRunId } from '../../lib/journal/run-id.ts';
import { type RunsPlace, runsBelow } from '../../lib/journal/runs-place.ts';
import { fakeHost, runWith, set } from '../engine/settings.ts';

const isRoot = process.getuid?.() === 0;
const at = '2026-11-23T04:15:00.000Z';
const told = (step: number): Event => ({
  type: 'step.started',
  at,
  host: 'a',
  task: 1,
  step,
  shown: `s${step}`,
});
const ended: Event = {
  type: 'run.ended',
  at,
  check: false,
  outcome: 'ok',
  seconds: 1,
  hosts: {},
  roundTrips: {},
};

/** Begins a journal in a place. */
function begin(place: RunsPlace, { keep = 50, file = '/nowhere/p.ts', run = createRunId() } = {}) {
  const faults: string[] = [];
  const journal: Journal = createJournal({
    place,
    keep,
    beginning: {
      dabook: '1.2.3',
      run,
      by: { user: 'me' },
      cwd: '/',
      playbook: { name: 'P', file },
      inventory: ['hosts.yml'],
      options: { check: false, extraVars: [], forks: 50 },
    },
    env: process.env,
    onFault: (message) => faults.push(message),
  });
  return { journal, faults, run, file: join(place.folder, run, 'journal.jsonl') };
}

async function linesOf(file: string): Promise<readonly JournalLine[]> {
  return (await readJournal(file)).lines;
}

t.test('a journal: in order, for its user alone, and never in a repository', async (t) => {
  const folder = t.testdir({ 'p.ts': 'abc' });
  const place = runsBelow(folder);
  const { journal, faults, run, file } = begin(place, { file: join(folder, 'p.ts') });
  for (let step = 1; step <= 100; step++) journal.handle(told(step));
  journal.handle({ type: 'host.connected', at, host: 'a', seconds: 1 });
  await journal.synced();
  journal.handle(ended);
  await journal.end();
  t.same(faults, []);

  const [meta, ...lines] = await linesOf(file);
  t.match(meta, {
    type: 'journal.started',
    version: 1,
    dabook: '1.2.3',
    run,
    by: { user: 'me', pid: process.pid },
    playbook: { name: 'P', sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  });
  const events = lines.filter(({ type }) => type !== 'journal.git');
  t.same(events, [...Array.from({ length: 100 }, (_, index) => told(index + 1)), ended]);
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
  t.same(
    await Promise.all([file, join(file, '..'), place.folder, place.own ?? ''].map(modeOf)),
    [0o600, 0o700, 0o700, 0o700],
  );
  t.equal(await readFile(join(folder, '.dabook/.gitignore'), 'utf8'), '*\n');
});

t.test('what was told before is on the disk when it says so, and many wait for one sync', async (t) => {
  const file = await open(join(t.testdir({}), 'lines'), 'a');
  let release = () => {};
  let syncs = 0;
  const held = Object.create(file, {
    fd: { value: file.fd },
    appendFile: { value: (text: string) => file.appendFile(text) },
    close: { value: () => file.close() },
    datasync: {
      value: () => {
        syncs += 1;
        return new Promise<void>((done) => {
          release = done;
        });
      },
    },
  }) as typeof file;
  const faults: unknown[] = [];
  const writer = createLineWriter(Promise.resolve({ file: held, syncName: async () => {} }), (fault) =>
    faults.push(fault),
  );
  const settled: number[] = [];
  const wait = (number: number) => {
    writer.write(`${number}\n`);
    return writer.synced().then(() => settled.push(number));
  };
  const turn = () => new Promise((done) => setTimeout(done, 5));
  const until = async (is: () => boolean) => {
    while (!is()) await turn();
  };

  const first = [wait(1), wait(2), wait(3)];
  await until(() => syncs === 1);
  const second = [wait(4), wait(5)];
  await turn();
  t.same(settled, [], 'nobody goes on while it is on its way');
  release();
  await Promise.all(first);
  t.same(settled, [1, 2, 3], 'those who came later are not meant');
  await until(() => syncs === 2);
  release();
  await Promise.all(second);
  t.equal(syncs, 2);
  const ending = writer.end();
  await until(() => syncs === 3);
  release();
  await ending;
  t.same(faults, []);
});

t.test('a step is in the journal before its host hears of it', async (t) => {
  const { journal, file } = begin(runsBelow(t.testdir({})));
  const host = fakeHost();
  const kept: (readonly [command: string, lines: string])[] = [];
  host.onCommand = (command) => {
    if (command.startsWith('set')) kept.push([command, readFileSync(file, 'utf8')]);
  };
  const book = playbook({ name: 'P', groups: { g: z.object({}) } }, async ({ groups: { g }, play }) => {
    await play('p', g, async (each) => {
      for (const name of ['one', 'two', 'three']) await each.run(set({ name, value: 'x' }));
    });
  });
  const { handle: onEvent, synced: beforeStep } = journal;
  const { outcome } = await runWith(book, { a: host }, { g: ['a'] }, { onEvent, beforeStep });
  await journal.end();
  t.equal(outcome, 'ok');
  t.equal(kept.length, 3);
  for (const [command, text] of kept) {
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    t.match(JSON.parse(last), { type: 'step.started', shown: command });
  }
});

t.test('the state of the repository comes as a line of its own', async (t) => {
  const folder = t.testdir({ 'p.ts': '1', other: '' });
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=me', '-c', 'user.email=me@localhost', ...words], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder },
    }).trim();
  git('init', '-q', '-b', 'trunk');
  git('add', 'p.ts');
  git('commit', '-q', '-m', 'one');
  await writeFile(join(folder, 'p.ts'), '2');
  const { journal, file } = begin(runsBelow(folder), { file: join(folder, 'p.ts') });
  const isTold = async () => (await linesOf(file)).some(({ type }) => type === 'journal.git');
  while (!(await isTold().catch(() => false))) await new Promise((done) => setTimeout(done, 20));
  journal.handle(ended);
  await journal.end();
  const lines = await linesOf(file);
  t.match(
    lines.find(({ type }) => type === 'journal.git'),
    { commit: git('rev-parse', 'HEAD'), branch: 'trunk', changed: 1, untracked: 1 },
  );
  t.equal(lines.at(-1)?.type, 'run.ended');
});

/** A run whose journal has a fault: it goes on, and the fault is told once. */
async function goesOn(t: Test, { journal, faults }: ReturnType<typeof begin>, said: RegExp) {
  for (let step = 1; step <= 3; step++) {
    journal.handle(told(step));
    await journal.synced();
  }
  journal.handle(ended);
  await journal.end();
  t.equal(faults.length, 1, faults.join('\n'));
  t.match(faults[0], said);
}

t.test('a journal that cannot be kept is told of once', async (t) => {
  const folder = t.testdir({ file: '', open: { '.dabook': {} }, far: {}, link: {}, runs: { '.dabook': {} } });
  await goesOn(t, begin({ folder: join(folder, 'file/runs') }), /no journal is kept of this run: ENOTDIR/);
  await goesOn(
    t,
    begin({ folder: '/proc/none/runs' }),
    /no journal is kept of this run: .*\n {2}DABOOK_RUNS/,
  );

  await chmod(join(folder, 'open/.dabook'), 0o777);
  await goesOn(t, begin(runsBelow(join(folder, 'open'))), /could be written to by others\n {2}.*chmod go-w/);
  t.same(await readdir(join(folder, 'open/.dabook')), [], 'nothing is left there');

  await symlink(join(folder, 'far'), join(folder, 'link/.dabook'));
  await goesOn(t, begin(runsBelow(join(folder, 'link'))), /is not a folder/);
  t.same(await readdir(join(folder, 'far')), []);

  const run = createRunId();
  await mkdir(join(folder, 'runs/.dabook/runs'), { mode: 0o700 });
  await chmod(join(folder, 'runs/.dabook'), 0o700);
  await symlink(join(folder, 'far'), join(folder, 'runs/.dabook/runs', run));
  await goesOn(t, begin(runsBelow(join(folder, 'runs')), { run }), /no journal is kept of this run: EEXIST/);
  t.same(await readdir(join(folder, 'far')), [], 'nothing is written where a link leads');
});

t.test('a folder of another user is refused', { skip: !isRoot && 'needs root' }, async (t) => {
  const folder = t.testdir({ '.dabook': {} });
  await chown(join(folder, '.dabook'), 65534, 65534);
  await goesOn(t, begin(runsBelow(folder)), /belongs to another user/);
});

t.test('a folder that is removed meanwhile', async (t) => {
  const place = runsBelow(t.testdir({}));
  const begun = begin(place);
  begun.journal.handle(told(0));
  await begun.journal.synced();
  await rm(place.own ?? '', { recursive: true });
  await goesOn(t, begun, /the journal cannot be written any more: its file was removed/);
});

t.test('a disk that is full', { skip: !isRoot && 'needs root' }, async (t) => {
  const disk = await mkdtemp(join(tmpdir(), 'dabook-full-'));
  t.teardown(() => rmdir(disk));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', disk]);
  t.teardown(() => execFileSync('umount', [disk]));
  const begun = begin({ folder: disk });
  begun.journal.handle(told(0));
  await begun.journal.synced();
  await appendFile(join(disk, 'other'), Buffer.alloc(60 * 1024)).catch(() => {});
  const long = { ...told(1), shown: 'x'.repeat(20_000) };
  begun.journal.handle(long as Event);
  await goesOn(t, begun, /the journal cannot be written any more: ENOSPC/);
  const { meta, lines, isCut } = await readJournal(begun.file);
  t.equal(meta.run, begun.run);
  t.same(lines.slice(1), [told(0)], 'what was written before can be read');
  t.equal(isCut, true);
});

t.test('old runs are removed, and nothing else', async (t) => {
  const place = runsBelow(t.testdir({}));
  const old = ['20250101-000000-000000', '20250102-000000-000000', '20250103-000000-000000'];
  const [gone = '', runs = '', ended2 = ''] = old;
  const metaOf = async (pid: number, started?: string) => {
    const { journal, file } = begin({ folder: join(place.folder, '..', 'other') });
    journal.handle(ended);
    await journal.end();
    const [meta] = await linesOf(file);
    return `${JSON.stringify({ ...meta, by: { ...(meta as { by: object }).by, pid, started } })}\n`;
  };
  const write = async (id: string, text: string) => {
    await mkdir(join(place.folder, id), { recursive: true, mode: 0o700 });
    await writeFile(join(place.folder, id, 'journal.jsonl'), text);
  };
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  await write(gone, await metaOf(process.pid, 'another process of that number'));
  await write(runs, (await readFile(`/proc/${process.pid}/stat`, 'latin1')) && (await metaOf(process.pid)));
  await write(ended2, '{"cut');
  await mkdir(join(place.folder, '20240101-000000-000000'));
  await writeFile(join(place.folder, 'notes'), '');
  const { journal, faults, run } = begin(place, { keep: 1 });
  journal.handle(ended);
  await journal.end();
  t.same(faults, []);
  t.same((await readdir(place.folder)).sort(), ['20240101-000000-000000', runs, run, 'notes'].sort());
  t.ok((await lstat(join(place.folder, run))).isDirectory());
});

t.test('ids sort as the runs began', async (t) => {
  const times = [0, 1, 35, 36, 999, 1000, 60_000].map((ms) => new Date(Date.UTC(2026, 10, 23, 4, 15, 0, ms)));
  const ids = times.map(createRunId);
  t.same([...ids].sort(), ids);
  t.match(ids[0], /^20261123-041500-00[0-9a-z]{4}$/);
});

t.test('long texts are kept in short, and nothing steers a terminal', async (t) => {
  const { journal, file } = begin(runsBelow(t.testdir({})));
  const to = { content: 'x'.repeat(10_000), list: ['short'] };
  const plan = (content: string): Event => ({
    type: 'task.planned',
    at,
    host: 'a',
    task: 1,
    changes: [{ path: 'f', op: 'add', to: { ...to, content } }],
    steps: ['\u009b2J'],
  });
  journal.handle(plan(to.content));
  journal.handle(plan(`${to.content.slice(1)}y`));
  await journal.end();
  const text = await readFile(file, 'utf8');
  t.ok(text.length < 4000);
  t.notMatch(text, '\u009b');
  const [, one, other] = await linesOf(file);
  t.match(one, {
    changes: [{ to: { content: /^x{500}… \(10000 characters, sha256 \w{64}\)$/, list: ['short'] } }],
  });
  t.notSame(one, other, 'that they differ can still be seen');
});
