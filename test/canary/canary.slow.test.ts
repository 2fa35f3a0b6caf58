import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { outsideTap } from '../outside-tap.ts';
import { HITS } from './hits.ts';
import { markerFrom, seeded } from './marker.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Of another run than this one, so that nothing of it is taken for a leak.
const seed = `a seed of process ${process.pid}`;
const marker = markerFrom(seed, 'canary');

function start(t: Test, file: string, args: readonly string[], hits: string) {
  const words = ['--import=./test/typescript.js', `test/canary/${file}`, ...args];
  const child = spawn(...outsideTap(process.execPath, words), {
    cwd: root,
    env: { ...process.env, ...seeded(seed), [HITS]: hits },
  });
  t.teardown(() => child.kill());
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (piece: Buffer) => {
      said[name] += piece;
    });
  const ended = once(child, 'close').then(([status]) => ({ status, ...said }));
  return { child, ended };
}

t.test('a process of the tests that leaks fails, and tells what and where', async (t) => {
  const hits = t.testdir();
  const { status, stderr } = await start(t, 'leaks.ts', ['leak'], hits).ended;
  t.equal(status, 1, stderr);
  const told = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/^[0-9a-f]+$/.test(line));
  const patterns = [
    /^canary: an_argument of leaks\S+: in the arguments of true it\.an_argument-…/,
    /^canary: another_argument of leaks\S+: in the arguments of true /,
    /^canary: a_script of leaks\S+: in the arguments of sh -c /,
    /^canary: an_environment of leaks\S+: in the variable A of true$/,
    /^canary: .*: in the variable B of true$/,
    /^canary: an_output of leaks\S+: in what \S*node\b.* told$/,
    /^canary: a_base64 of leaks\S+: in what \S*node\b.* told$/,
    /^canary: an_event of leaks\S+: in an event run.started of the playbook/,
    /^canary: an_error of leaks\S+: in what a test said on stderr$/,
    /^canary: a_file_elsewhere of leaks\S+: in the file \S+\/journal\.jsonl$/,
    /^canary: a_file of leaks\S+: in the file \S+\/journal$/,
  ];
  for (const pattern of patterns)
    t.equal(told.filter((line) => pattern.test(line)).length, 1, String(pattern));
  t.same(
    told.filter((line) => !patterns.some((pattern) => pattern.test(line))),
    [],
  );
  t.notMatch(told.join('\n'), marker.text, 'what is told of a leak is none itself');
});

t.test('one that keeps its secrets where they may be does not', async (t) => {
  const { status, stderr } = await start(t, 'leaks.ts', ['keep'], t.testdir()).ended;
  t.equal(stderr, '');
  t.equal(status, 0);
});

const secret = `it.sudo_password-${marker.text}-a_file.1.1.`;
const inVariable = `it.env-${marker.text}-NAME.`;

/** What the watch told of what went on meanwhile, line by line. */
async function watched(t: Test, work: (folder: string) => void) {
  const folder = t.testdir({ hits: {} });
  const { child, ended } = start(t, 'watch.ts', [folder], join(folder, 'hits'));
  await once(child.stdout, 'data');
  work(folder);
  child.stdin.end();
  const { status, stdout } = await ended;
  t.notMatch(stdout, marker.text);
  return { status, told: stdout.trimEnd().split('\n') };
}

/** Starts a process that waits until the end of the test. */
function show(t: Test, args: readonly string[], variables: NodeJS.ProcessEnv): number | undefined {
  const env = { PATH: process.env.PATH, ...variables };
  const child = spawn('sh', ['-c', 'read -r line; :', ...args], { env });
  t.teardown(() => child.kill());
  return child.pid;
}

t.test('the watch sees processes that leak, and fails', async (t) => {
  let pids: (number | undefined)[] = [];
  const { status, told } = await watched(t, (folder) => {
    pids = [
      show(t, [secret], {}),
      show(t, [Buffer.from(`a${secret}`).toString('base64')], {}),
      show(t, [], { TOKEN: secret }),
      show(t, [], { OTHER: inVariable }),
    ];
    writeFileSync(join(folder, 'unit.tap'), `ok 1 - a test\n# it is ${secret}\n`);
    writeFileSync(join(folder, 'hits', '1'), 'canary: x: in the file y\n');
  });
  t.equal(status, 1);
  const whose = 'canary: sudo_password of a_file.1.1: in';
  const expected = [
    'watching',
    `${whose} the arguments of process ${pids[0]}, sh -c read -r line; : it.sudo_password-…-a_file.1.1.`,
    `${whose} the arguments of process ${pids[1]}, sh -c read -r line; : `,
    `${whose} the variable TOKEN of process ${pids[2]}, sh -c read -r line; :`,
    `canary: env of NAME: in the variable OTHER of process ${pids[3]}, sh -c read -r line; :`,
    'canary: x: in the file y',
    `${whose} what the tests told, `,
    'canaries: looked at processes ',
  ];
  const missing = expected.filter((text) => !told.some((line) => line.startsWith(text)));
  t.same(missing, [], told.join('\n'));
  t.equal(told.length, expected.length);
});

t.test('what an operator exports is none of its business', async (t) => {
  const { status, told } = await watched(t, (folder) => {
    show(t, [], { NAME: inVariable });
    writeFileSync(join(folder, 'unit.tap'), 'ok 1 - a test\n');
  });
  t.equal(status, 0);
  t.match(told, ['watching', /^canaries: none was seen; .*, [1-9]\d* of \d+ that last 100 ms/]);
});
