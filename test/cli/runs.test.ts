import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { JournalLine } from '../../lib/journal/journal-line.ts';
import { dabook } from '../e2e/dabook.ts';
import { outsideTap } from '../outside-tap.ts';

t.setTimeout(180_000);

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));
const password = 'correct-horse-battery';

/** One task for each host, which does what the host's variable says; its files are in the folder of the test. */
const playbook = `import { playbook, secret, sh } from 'dabook';
import { command, copyFile } from 'dabook/tasks';
import { z } from 'zod';

const host = z.looseObject({ job: z.string().default('true') });
export default playbook({ name: 'Jobs', groups: { all: host } }, async ({ groups: { all }, play }) => {
  await play('Work', all, async (each) => {
    await each.run(copyFile({ content: secret('key', ${JSON.stringify(password)}), dest: process.cwd() + '/secret-' + each.name, mode: '0600' }));
    const job = each.vars.job.replace('DABOOK', String(process.pid));
    await each.run(command({ run: sh\`sh -c \${job}\` }));
  }, { maxFail: 9 });
});
`;

/** A folder with the playbook, and hosts that do such jobs. */
async function place(t: Test, jobs: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-runs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const env = { HOME: folder, XDG_CACHE_HOME: '', SUDO_USER: 'alice', DABOOK_RUNS: undefined };
  const hosts = (given: Readonly<Record<string, string>>) => {
    const all = Object.entries(given).map(([name, job]) => [
      name,
      job === 'far'
        ? { ansible_host: '127.0.0.1', ansible_port: 1 }
        : { ansible_connection: 'local', ansible_become_password: password, job },
    ]);
    return writeFile(join(folder, 'hosts.yml'), JSON.stringify({ all: { hosts: Object.fromEntries(all) } }));
  };
  await hosts(jobs);
  await writeFile(join(folder, 'jobs.ts'), playbook);
  const does = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    dabook(args, { cwd: folder, env: { ...env, ...more } });
  const runs = join(folder, '.dabook/runs');
  return {
    folder,
    hosts,
    runs,
    does,
    run: (args: readonly string[] = [], more: NodeJS.ProcessEnv = {}) =>
      does(['run', 'jobs.ts', '-i', 'hosts.yml', '--no-type-check', ...args], more),
    ids: async () => (await readdir(runs)).sort(),
    journal: async (id: string) => readFile(join(runs, id, 'journal.jsonl'), 'utf8'),
  };
}

function parse(text: string): readonly JournalLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalLine);
}

t.test('a run leaves a journal, which is listed and shown', async (t) => {
  const { run, does, ids, journal } = await place(t, { a: 'true', b: 'echo why >&2; exit 3', c: 'far' });
  t.match((await does(['runs', 'list'])).stdout, /^no runs are kept in /);
  const vars = ['-e', 'note=private-note', '-e', '{"db": {"password": "hidden-too"}}'];
  t.equal((await run([...vars, '--check'])).status, 4);
  const { status, stderr } = await run(vars);
  t.same([status, stderr], [1, '']);
  const [checked = '', done = ''] = await ids();

  const text = await journal(done);
  t.notMatch(text, /correct-horse|private-note|hidden-too/);
  t.match(parse(text)[0], {
    run: done,
    by: { sudoUser: 'alice' },
    playbook: { name: 'Jobs' },
    inventory: ['hosts.yml'],
    options: { check: false, extraVars: ['note', 'db'] },
  });
  const types = parse(text).map(({ type }) => type);
  t.equal(types.at(-1), 'run.ended');
  t.notMatch(types.join(), /command|host\.(started|ended|connected)/);
  t.ok(types.includes('step.started'));

  const listed = await does(['runs', 'list']);
  t.match(listed.stdout, new RegExp(`^run .*\n${checked} .* unreachable \\(check\\) .*\n${done} .* failed `));
  const inShort = (await does(['runs', 'list', '--json'])).stdout.trimEnd().split('\n');
  t.match(
    inShort.map((line) => JSON.parse(line)),
    [
      { run: checked, check: true, state: 'ended', outcome: 'unreachable', hosts: 3 },
      { run: done, check: false, state: 'ended', outcome: 'failed', changed: 3, unconfirmed: 0 },
    ],
  );

  const shown = await does(['runs', 'show']);
  t.match(shown.stdout, /^run {8}\S+\nplaybook {3}Jobs \(.*jobs\.ts, sha256 \w{12}\)\n/);
  t.match(shown.stdout, /\nby {9}\S+ \(sudo by alice\)@/);
  t.match(shown.stdout, /\na {2}2 changed\n {2}changed {2}copy to .*\n/);
  t.match(
    shown.stdout,
    /\nb {2}1 changed, 1 failed\n(.*\n)+ {4}> sh -c .* {2}\(failed\)\n(.*\n)* {4}\| why\n/,
  );
  t.match(shown.stdout, /\nc {2}1 unreachable\n {2}unreachable\n/);
  t.match(shown.stdout, /\nended: failed on 3 hosts in /);
  t.notMatch(shown.stdout, 'never confirmed');
  t.notMatch(shown.stdout, '\x1b');
  t.match(
    (await does(['runs', 'show', checked.slice(-5)])).stdout,
    /\noptions {4}check mode, .*(.*\n)+.*would change/,
  );
  t.equal((await does(['runs', 'show', 'last', '--json'])).stdout, text);

  const diff = await does(['runs', 'diff', checked]);
  t.match(diff.stdout, new RegExp(`^- ${checked} .*, check mode\n\\+ ${done} `));
  t.match(
    diff.stdout,
    /\na\n {2}copy to .*: would-change -> changed {2}Work\n {4}\+ > write .* {2}\(done\)\n/,
  );
  t.match((await does(['runs', 'diff', done])).stdout, /\nno differences/);
});

t.test('what was under way when dabook was killed', async (t) => {
  const jobs = { a: 'true', killer: 'sleep 0.3; kill -9 DABOOK; sleep 1' };
  const { run, does, hosts } = await place(t, jobs);
  t.equal((await run()).status, -1, 'it was killed');
  const list = JSON.parse((await does(['runs', 'list', '--json'])).stdout);
  t.match(list, { state: 'died', unconfirmed: 1 });
  const { stdout } = await does(['runs', 'show']);
  t.match(
    stdout,
    /\nBegun and never confirmed \(1\):\n {2}killer {2}run sh -c .*\n {4}\d{4}-.*Z {2}> sh -c .*\n {2}Nothing tells/,
  );
  t.match(stdout, /\nno end is written and its process is gone.*\n$/);

  await hosts({ a: 'true', killer: 'true' });
  const again = await run(['--limit', '@lost', '--json']);
  t.match(again.events[0], { type: 'run.started', hosts: ['killer'] });
  t.equal(again.status, 0);
  const none = await run(['--limit', '@lost']);
  t.same([none.status, none.stdout], [2, '']);
  t.match(
    none.stderr,
    /^dabook: @lost: no such host in the last run, \S+\n {2}see it with: dabook runs show /,
  );
});

t.test('--limit takes hosts from the last run', async (t) => {
  const { run, hosts, runs, folder, does } = await place(t, { a: 'true', b: 'false', c: 'far', d: 'false' });
  const limited = async (pattern: string, ...more: readonly string[]) => {
    const { status, stderr, events } = await run(['--json', '-l', pattern, ...more]);
    const [first] = events;
    return first?.type === 'run.started' ? first.hosts : `${status} ${stderr}`;
  };
  t.match(
    await limited('@failed'),
    /^2 dabook: --limit takes hosts of the last run, and no earlier run of "Jobs"/,
  );
  await run();
  t.same(await limited('@failed', '-C'), ['b', 'd']);
  t.same(await limited('@unreachable', '-C'), ['c'], 'a run in check mode is not the last one');
  t.same(await limited('@failed:&b', '-C'), ['b']);
  t.same(await limited('@failed[0]', '-C'), ['b']);
  t.same(await limited('all:!@failed', '-C'), ['a', 'c']);
  t.same(await limited('all,!@lost', '-C'), ['a', 'b', 'c', 'd'], 'nobody to leave out');
  t.same(await limited('@lost,@unreachable', '-C'), ['c']);
  t.match(await limited('@lost'), /^2 dabook: @lost: no such host in the last run/);
  t.match(await limited('all:&@lost'), /^2 dabook: @lost: no such host/);
  t.match(
    await limited('@hosts.txt'),
    /^2 dabook: a file of hosts .*\n {2}of the last run there are @failed/,
  );

  await writeFile(join(folder, 'other.ts'), playbook.replace("'Jobs'", "'Other'"));
  const other = await does(['run', 'other.ts', '-i', 'hosts.yml', '--no-type-check', '-l', '@failed']);
  t.match(other.stderr, 'no earlier run of "Other"');
  await hosts({ a: 'true', bb: 'false' });
  t.match(
    await limited('@failed'),
    /^2 dabook: the inventory has not all hosts of @failed in run \S+: b, d\n/,
  );
  await chmod(runs, 0o777);
  t.match(await limited('@failed'), /^2 dabook: .*could be written to by others/);
});

t.test('where journals are kept, and how many', async (t) => {
  const { run, does, folder, runs, ids } = await place(t, { a: 'true' });
  for (const off of ['', 'off']) t.equal((await run([], { DABOOK_RUNS: off })).status, 0);
  t.notOk((await readdir(folder)).includes('.dabook'));
  const named = { DABOOK_RUNS: 'deep/down', DABOOK_KEEP_RUNS: '2' };
  for (let times = 0; times < 3; times++) t.equal((await run([], named)).status, 0);
  t.equal((await readdir(join(folder, 'deep/down'))).length, 2);
  t.equal((await does(['runs', 'list'], named)).stdout.split('\n').length, 4);
  t.match(await does(['runs', 'list'], { DABOOK_RUNS: 'off' }), { status: 2, stderr: /DABOOK_RUNS is off/ });
  for (const wrong of ['0', 'all', '1.5']) {
    t.match(await run([], { DABOOK_KEEP_RUNS: wrong }), {
      status: 2,
      stdout: '',
      stderr: /DABOOK_KEEP_RUNS is/,
    });
  }
  t.equal((await run(['-l', 'nobody'])).status, 2);
  t.notOk((await readdir(folder)).includes('.dabook'), 'what does not begin leaves none');
  await run();
  t.equal((await ids()).length, 1);
  const [id = ''] = await ids();
  await writeFile(join(runs, id, 'journal.jsonl'), 'damaged\n');
  const listed = await does(['runs', 'list']);
  t.match(
    listed.stderr,
    new RegExp(`warning: run ${id} cannot be shown: .*:1: this line is none of a journal`),
  );
});

t.test('trouble with the journal changes nothing of the run, and is told', async (t) => {
  const { run, folder, ids, journal } = await place(t, { a: 'true' });
  await writeFile(join(folder, 'file'), '');
  const unkept = await run([], { DABOOK_RUNS: 'file/runs' });
  t.equal(unkept.status, 0);
  t.match(
    unkept.stderr,
    /^dabook: warning: no journal is kept of this run: ENOTDIR.*\n {2}DABOOK_RUNS=.*\n$/,
  );
  t.match(unkept.stdout, /1 host: .* 0 failed/);
  await mkdir(join(folder, '.dabook'));
  await chmod(join(folder, '.dabook'), 0o777);
  t.match(await run(), {
    status: 0,
    stderr: /^dabook: warning: no journal is kept of this run: .* written to by/,
  });
  await chmod(join(folder, '.dabook'), 0o700);

  const line = `"${process.execPath}" "${bin}" run jobs.ts -i hosts.yml --no-type-check --json | true`;
  const child = spawn(...outsideTap('bash', ['-o', 'pipefail', '-c', line]), {
    cwd: folder,
    env: { ...process.env, HOME: folder, DABOOK_RUNS: undefined },
  });
  t.same((await once(child, 'close'))[0], 0, 'nobody reads what it prints');
  const [id = ''] = await ids();
  t.equal(parse(await journal(id)).at(-1)?.type, 'run.ended');
});

t.test('wrong arguments', async (t) => {
  const { run, does } = await place(t, { a: 'true' });
  await run();
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['show', 'nope'], /^dabook: there is no run "nope"\n {2}the latest are \S+\n$/],
    [['diff'], /^dabook: missing required argument 'id'\n {2}see: dabook runs diff --help/],
    [['list', '--nope'], /unknown option '--nope'\n {2}see: dabook runs list --help/],
    [['lst'], /unknown command 'lst'.*\n(.*\n)* {2}see: dabook runs --help/],
  ];
  for (const [args, said] of cases) {
    const { status, stdout, stderr } = await does(['runs', ...args]);
    t.same([status, stdout], [2, ''], args.join(' '));
    t.match(stderr, said);
  }
  t.match(await does(['runs', 'list'], { DABOOK_RUNS: 'jobs.ts' }), {
    status: 2,
    stderr: /cannot be read: ENOTDIR/,
  });
  t.match(await does(['runs', '--help']), { status: 0, stdout: /Examples:\n {2}dabook runs list/ });
  t.match(await does(['help', 'runs']), { status: 0, stdout: /Usage: dabook runs/ });
});
