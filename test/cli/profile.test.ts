import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { dabook } from '../e2e/dabook.ts';
import { outsideTap } from '../outside-tap.ts';
import { type Bar, barsOf } from '../views/trace-bars.ts';

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));

t.test('what a run says of its time', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-profile-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const env = { HOME: folder, XDG_CACHE_HOME: '' };
  const play = (work: string) => `import { playbook, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';
export default playbook({ name: 'Profiled', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('Work', all, async (host) => { ${work} }, { forks: 1 });
});
`;
  const local = '{ ansible_connection: local }';
  await writeFile(
    join(folder, 'hosts.yml'),
    `all: { hosts: { one: ${local}, two: ${local}, three: ${local} } }\n`,
  );
  await writeFile(
    join(folder, 'work.ts'),
    play("await host.run(['a', 'b'].map((name) => command({ run: sh`true ${name}` })));"),
  );
  await writeFile(
    join(folder, 'long.ts'),
    play('await host.run(command({ run: sh`echo > began; sleep 1` }));'),
  );
  const args = (file: string, ...more: string[]) => [
    'run',
    file,
    '-i',
    'hosts.yml',
    '--no-type-check',
    // Locks have round trips of their own.
    '--no-lock',
    ...more,
  ];
  const run = (file: string, ...more: string[]) => dabook(args(file, ...more), { cwd: folder, env });
  const trace = async (name: string) => barsOf(await readFile(join(folder, name), 'utf8'));

  await t.test('--profile and --profile-trace beside the usual view', async (t) => {
    const { status, stdout, stderr } = await run('work.ts', '--profile', '--profile-trace', 'trace.json');
    t.same([status, stderr], [0, '']);
    t.match(stdout, /^3 hosts: .*\n\n== Profile: [\d.]+ s from dabook's start to the run's end\n/m);
    t.match(stdout, /starting node [\d.]+, loading dabook [\d.]+, [^=]*playbook\s+[\d.]+/);
    const hosts = [...stdout.matchAll(/^ {2}(?:one|two|three) +\d.*$/gm)].map(([line]) =>
      line.trim().split(/ +/),
    );
    t.equal(hosts.length, 3);
    for (const [host, ...cells] of hosts) {
      const [, atWork = 0, connect = 0, reading = 0, steps = 0, settle = 0, other = 0, trips] =
        cells.map(Number);
      const sum = connect + reading + steps + settle + other;
      t.ok(Math.abs(sum - atWork) < 0.004, `${host}: ${sum} of ${atWork}`);
      t.ok(steps > 0);
      t.equal(trips, 2, 'one for each step');
    }
    t.match(stdout, /^ {2}run true 'a' +3 /m, 'a task of all hosts is one line');

    t.equal((await stat(join(folder, 'trace.json'))).mode & 0o777, 0o600);
    const bars = await trace('trace.json');
    const [whole] = bars.filter(({ lane }) => lane === 'dabook/run');
    t.match(whole, { name: 'Profiled', args: { check: false, outcome: 'ok' } });
    const runEnd = (whole?.ts ?? 0) + (whole?.dur ?? 0);
    for (const { ts, dur, cat } of bars) {
      t.ok(ts >= 0 && ts + dur <= runEnd, 'nothing is after the end');
      t.ok(cat === 'start-up' ? ts + dur <= (whole?.ts ?? 0) + 1000 : ts >= (whole?.ts ?? 0));
    }
    for (const host of ['one', 'two', 'three']) {
      const tasks = bars.filter(({ lane, cat }) => lane === `${host}/tasks` && cat === 'task');
      t.same(
        tasks.map(({ name, parent, args }) => [name, parent?.name, args?.status]),
        [
          ["run true 'a'", 'Work', 'changed'],
          ["run true 'b'", 'Work', 'changed'],
        ],
      );
      t.equal(bars.filter(({ lane, cat }) => lane === `${host}/round trips` && cat === 'step').length, 2);
    }
    const of = (host: string, kind: string) =>
      bars.find(({ lane, cat }) => lane === `${host}/tasks` && cat === kind) ??
      t.fail(`${host} has no ${kind}`);
    for (const host of ['two', 'three']) {
      const { ts, dur, parent } = of(host, 'waiting') as Bar;
      t.equal(parent?.name, 'Work');
      const first = of('one', 'play') as Bar;
      t.ok(ts + dur >= first.ts + first.dur, 'there is one slot');
    }
  });

  await t.test('with --json and in check mode', async (t) => {
    const { status, events, stderr } = await run('work.ts', '--profile', '--json', '--check');
    t.equal(status, 0);
    t.equal(events.at(-1)?.type, 'run.ended');
    t.match(stderr, /^\n== Profile: /);
    t.match(stderr, /^ {2}all 3 hosts .* 0\n/m, 'nothing was asked');
  });

  await t.test('after an interrupt', async (t) => {
    const child = spawn(
      ...outsideTap(process.execPath, [bin, ...args('long.ts', '--profile', '--profile-trace', 'cut.json')]),
      { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    while (!(await readdir(folder)).includes('began')) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGINT');
    const [status] = await once(child, 'close');
    t.equal(status, 130);
    t.match(out, /interrupted(.*\n)*\n== Profile: (.*\n)* {2}one /);
    const bars = await trace('cut.json');
    t.match(bars.find(({ lane }) => lane === 'dabook/run')?.args, { outcome: 'interrupted' });
    t.ok(bars.some(({ lane, cat }) => lane === 'one/round trips' && cat === 'step'));
  });

  await t.test('a trace that cannot be written is told before anything else', async (t) => {
    await mkdir(join(folder, 'taken'));
    await symlink('trace.json', join(folder, 'link'));
    for (const [file, why] of [
      ['none/trace.json', 'ENOENT: no such file or directory'],
      ['taken', 'no regular file'],
      ['link', 'no regular file'],
      ['/dev/null', 'no regular file'],
    ] as const) {
      // The playbook is not there either; the trace comes first.
      const { status, stdout, stderr } = await run('none.ts', '--profile-trace', file);
      t.same([status, stdout], [2, ''], file);
      t.match(stderr, `dabook: the trace cannot be written to ${file}: `);
      t.match(stderr, why);
      t.notMatch(stderr, '.dabook-');
    }
    const before = await readFile(join(folder, 'trace.json'), 'utf8');
    t.equal((await run('none.ts', '--profile-trace', 'trace.json')).status, 2);
    t.equal(
      await readFile(join(folder, 'trace.json'), 'utf8'),
      before,
      'one that is there stays where no run began',
    );
  });

  const names = await readdir(folder);
  t.same(
    names.filter((name) => name.startsWith('.dabook-')),
    [],
    'nothing else is left',
  );
});
