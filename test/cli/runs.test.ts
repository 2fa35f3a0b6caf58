import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { JournalLine } from '../../lib/journal/journal-line.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { dabook } from '../e2e/dabook.ts';
import { outsideTap } from '../outside-tap.ts';

// Each has a folder of its own.
t.jobs = 3;
const test = (title: string, work: (t: Test) => Promise<void>) => t.test(title, { buffered: true }, work);

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));
const password = canary('sudo password and key');
mayHold(password, /\/(key\.txt|hosts\.yml|secret-\w+)$/);

/** Of all: what the first of them has compiled. */
const cache = await mkdtemp(join(tmpdir(), 'dabook-runs-cache-'));
t.teardown(() => rm(cache, { recursive: true, force: true }));

/** One task for each host, which does what the host's variable says; its files are in the folder of the test. */
const playbook = `import { readFileSync } from 'node:fs';
import { playbook, secret, sh } from 'dabook';
import { command, copyFile } from 'dabook/tasks';
import { z } from 'zod';

const host = z.looseObject({ job: z.string().default('true') });
export default playbook({ name: 'Jobs', groups: { all: host } }, async ({ groups: { all }, play }) => {
  await play('Work', all, async (each) => {
    await each.run(copyFile({ content: secret('key', readFileSync('key.txt', 'utf8')), dest: process.cwd() + '/secret-' + each.name, mode: '0600' }));
    const job = each.vars.job.replace('DABOOK', String(process.pid));
    await each.run(command({ run: sh\`sh -c \${job}\` }));
  }, { maxFail: 9 });
});
`;

/**
 * A folder with the playbook, and hosts that do such jobs.
 * @param locks whether runs lock the hosts, which are all this machine: one waits for the other then
 */
async function place(t: Test, jobs: Readonly<Record<string, string>>, locks = false) {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-runs-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const env = { HOME: folder, XDG_CACHE_HOME: cache, SUDO_USER: 'alice', DABOOK_RUNS: undefined };
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
  await writeFile(join(folder, 'key.txt'), password);
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
      does(
        ['run', 'jobs.ts', '-i', 'hosts.yml', '--no-type-check', ...(locks ? [] : ['--no-lock']), ...args],
        more,
      ),
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

test('a run leaves a journal, which is listed and shown', async (t) => {
  const { run, does, ids, journal } = await place(
    t,
    { a: 'true', b: 'echo why >&2; exit 3', c: 'far' },
    true,
  );
  t.match((await does(['runs', 'list'])).stdout, /^no runs are kept in /);
  const vars = ['-e', 'note=private-note', '-e', '{"db": {"password": "hidden-too"}}'];
  t.equal((await run([...vars, '--check'])).status, 4);
  const { status, stderr } = await run(vars);
  t.same([status, stderr], [1, '']);
  const [checked = '', done = ''] = await ids();

  const text = await journal(done);
  t.notOk(text.includes(password));
  t.notMatch(text, /private-note|hidden-too/);
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

  const asked = [
    ['list'],
    ['list', '--json'],
    ['show'],
    ['show', checked.slice(-5)],
    ['show', 'last', '--json'],
    ['diff', checked],
    ['diff', done],
  ];
  const [listed = '', asJson = '', shown = '', inPart, whole, diff = '', same] = await Promise.all(
    asked.map(async (args) => (await does(['runs', ...args])).stdout),
  );
  t.match(listed, new RegExp(`^run .*\n${checked} .* unreachable \\(check\\) .*\n${done} .* failed `));
  const inShort = asJson.trimEnd().split('\n');
  t.match(
    inShort.map((line) => JSON.parse(line)),
    [
      { run: checked, check: true, state: 'ended', outcome: 'unreachable', hosts: 3 },
      { run: done, check: false, state: 'ended', outcome: 'failed', changed: 3, unconfirmed: 0 },
    ],
  );

  t.match(shown, /^run {8}\S+\nplaybook {3}Jobs \(.*jobs\.ts, sha256 \w{12}\)\n/);
  t.match(shown, /\nby {9}\S+ \(sudo by alice\)@/);
  t.match(shown, /\na {2}2 changed\n {2}changed {2}copy to .*\n/);
  t.match(shown, /\nb {2}1 changed, 1 failed\n(.*\n)+ {4}> sh -c .* {2}\(failed\)\n(.*\n)* {4}\| why\n/);
  t.match(shown, /\nc {2}1 unreachable\n {2}unreachable\n/);
  t.match(shown, /\nended: failed on 3 hosts in /);
  t.notMatch(shown, 'never confirmed');
  t.notMatch(shown, '\x1b');
  t.match(inPart, /\noptions {4}check mode, .*(.*\n)+.*would change/);
  t.equal(whole, text);

  t.match(diff, new RegExp(`^- ${checked} .*, check mode\n\\+ ${done} `));
  t.match(diff, /\na\n {2}copy to .*: would-change -> changed {2}Work\n {4}\+ > write .* {2}\(done\)\n/);
  t.match(same, /\nno differences/);
});

test('what was under way when dabook was killed', async (t) => {
  const jobs = { a: 'true', killer: 'sleep 0.3; kill -9 DABOOK; sleep 1' };
  const { run, does, hosts } = await place(t, jobs, true);
  t.equal((await run()).status, -1, 'it was killed');
  const [list, { stdout }] = await Promise.all([does(['runs', 'list', '--json']), does(['runs', 'show'])]);
  t.match(JSON.parse(list.stdout), { state: 'died', unconfirmed: 1 });
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

test('--limit takes hosts from the last run', async (t) => {
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
  // A run in check mode is not the last one.
  const taken: Readonly<Record<string, readonly string[]>> = {
    '@unreachable': ['c'],
    '@failed:&b': ['b'],
    '@failed[0]': ['b'],
    'all:!@failed': ['a', 'c'],
    // Nobody to leave out.
    'all,!@lost': ['a', 'b', 'c', 'd'],
    '@lost,@unreachable': ['c'],
  };
  const refused = {
    '@lost': /^2 dabook: @lost: no such host in the last run/,
    'all:&@lost': /^2 dabook: @lost: no such host/,
    '@hosts.txt': /^2 dabook: a file of hosts .*\n {2}of the last run there are @failed/,
  };
  await writeFile(join(folder, 'other.ts'), playbook.replace("'Jobs'", "'Other'"));
  await Promise.all([
    ...Object.entries(taken).map(async ([pattern, names]) =>
      t.same(await limited(pattern, '-C'), names, pattern),
    ),
    ...Object.entries(refused).map(async ([pattern, said]) => t.match(await limited(pattern), said, pattern)),
    does(['run', 'other.ts', '-i', 'hosts.yml', '--no-type-check', '-l', '@failed']).then((other) =>
      t.match(other.stderr, 'no earlier run of "Other"'),
    ),
  ]);
  await hosts({ a: 'true', bb: 'false' });
  t.match(
    await limited('@failed'),
    /^2 dabook: the inventory has not all hosts of @failed in run \S+: b, d\n/,
  );
  await chmod(runs, 0o777);
  t.match(await limited('@failed'), /^2 dabook: .*could be written to by others/);
});

test('where journals are kept, and how many', async (t) => {
  const { run, does, folder, runs, ids } = await place(t, { a: 'true' });
  const wrong = Promise.all(['0', 'all', '1.5'].map((kept) => run([], { DABOOK_KEEP_RUNS: kept })));
  const off = await Promise.all(['', 'off'].map((none) => run([], { DABOOK_RUNS: none })));
  t.same(
    off.map(({ status }) => status),
    [0, 0],
  );
  for (const one of await wrong) t.match(one, { status: 2, stdout: '', stderr: /DABOOK_KEEP_RUNS is/ });
  t.equal((await run(['-l', 'nobody'])).status, 2);
  t.notOk((await readdir(folder)).includes('.dabook'), 'what does not begin leaves none');
  const named = { DABOOK_RUNS: 'deep/down', DABOOK_KEEP_RUNS: '2' };
  for (let times = 0; times < 3; times++) t.equal((await run([], named)).status, 0);
  t.equal((await readdir(join(folder, 'deep/down'))).length, 2);
  t.equal((await does(['runs', 'list'], named)).stdout.split('\n').length, 4);
  t.match(await does(['runs', 'list'], { DABOOK_RUNS: 'off' }), { status: 2, stderr: /DABOOK_RUNS is off/ });
  t.notOk((await readdir(folder)).includes('.dabook'), 'nor does one that has another place');
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

test('trouble with the journal changes nothing of the run, and is told', async (t) => {
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

  const line = `"${process.execPath}" "${bin}" run jobs.ts -i hosts.yml --no-type-check --no-lock --json | true`;
  const child = spawn(...outsideTap('bash', ['-o', 'pipefail', '-c', line]), {
    cwd: folder,
    env: { ...process.env, HOME: folder, DABOOK_RUNS: undefined },
  });
  t.same((await once(child, 'close'))[0], 0, 'nobody reads what it prints');
  const [id = ''] = await ids();
  t.equal(parse(await journal(id)).at(-1)?.type, 'run.ended');
});

test('wrong arguments', async (t) => {
  const { run, does } = await place(t, { a: 'true' });
  await run();
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['show', 'nope'], /^dabook: there is no run "nope"\n {2}the latest are \S+\n$/],
    [['diff'], /^dabook: missing required argument 'id'\n {2}see: dabook runs diff --help/],
    [['list', '--nope'], /unknown option '--nope'\n {2}see: dabook runs list --help/],
    [['lst'], /unknown command 'lst'.*\n(.*\n)* {2}see: dabook runs --help/],
  ];
  const refused = cases.map(async ([args, said]) => {
    const { status, stdout, stderr } = await does(['runs', ...args]);
    t.same([status, stdout], [2, ''], args.join(' '));
    t.match(stderr, said);
  });
  const [noFolder, help, helpOf] = await Promise.all([
    does(['runs', 'list'], { DABOOK_RUNS: 'jobs.ts' }),
    does(['runs', '--help']),
    does(['help', 'runs']),
    ...refused,
  ]);
  t.match(noFolder, { status: 2, stderr: /cannot be read: ENOTDIR/ });
  t.match(help, { status: 0, stdout: /Examples:\n {2}dabook runs list/ });
  t.match(helpOf, { status: 0, stdout: /Usage: dabook runs/ });
});
