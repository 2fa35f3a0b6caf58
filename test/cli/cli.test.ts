import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Io } from '../../lib/cli/io.ts';
import { canary } from '../canary/canary.ts';
import { dabook } from '../e2e/dabook.ts';
import { outsideTap } from '../outside-tap.ts';
import { cannotRun, hostKey, makeKeys, startSshd } from '../transport/sshd.ts';

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'dabook-cli-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

const local = ['-i', 'hosts.yml', '--no-type-check'];
const home = { HOME: join(folder, 'home'), XDG_CACHE_HOME: '' };
const run = (args: readonly string[], options: { env?: NodeJS.ProcessEnv; input?: string } = {}) =>
  dabook(args, { cwd: folder, ...options, env: { ...home, ...options.env } });

/** A playbook for one local host, with this work in it. */
function write(name: string, work: string, top = '') {
  return writeFile(
    join(folder, name),
    `import { playbook, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';
${top}
export default playbook({ name: 'Test', groups: { all: z.looseObject({}) } }, async ({ groups: { all: [host] }, play }) => {
${work}
});
`,
  );
}

t.before(async () => {
  await mkdir(home.HOME);
  await writeFile(join(folder, 'hosts.yml'), 'all: { hosts: { here: { ansible_connection: local } } }\n');
  await write('ok.ts', '');
});

t.test('the run does not need a folder for what is kept between runs', async (t) => {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  await writeFile(join(folder, 'file'), '');
  for (const HOME of [join(folder, 'file'), '/proc/none', '']) {
    const env = { HOME, XDG_CACHE_HOME: HOME === '' ? join(folder, 'file') : '', TMPDIR: temporary };
    const { status, stderr } = await run(['run', 'ok.ts', '-i', 'hosts.yml'], { env });
    t.same([status, stderr], [0, ''], `HOME=${HOME}`);
    t.same(await readdir(temporary), [], 'and nothing stays behind');
  }
  const none = await run(['run', 'ok.ts', '-i', 'hosts.yml'], {
    env: { HOME: '/proc/none', TMPDIR: '/proc/none' },
  });
  t.equal(none.status, 0);
  t.match(none.stderr, 'types are not checked');

  const open = join(folder, 'open');
  await mkdir(join(open, 'dabook'), { recursive: true });
  await chmod(join(open, 'dabook'), 0o777);
  const refused = await run(['run', 'ok.ts', ...local], { env: { XDG_CACHE_HOME: open } });
  t.equal(refused.status, 2);
  t.match(refused.stderr, 'could be written to by others');

  await chmod(join(open, 'dabook'), 0o755);
  const closed = await run(['run', 'ok.ts', ...local], { env: { XDG_CACHE_HOME: open } });
  t.equal(closed.status, 0, closed.stderr);
  t.equal((await lstat(join(open, 'dabook'))).mode & 0o777, 0o700, 'who could read it cannot any more');
});

t.test('the password is asked for last, and serves hosts that have none', async (t) => {
  const faulty = await run(['run', 'ok.ts', '-i', 'none.yml', '--no-type-check', '-K'], { input: '' });
  t.equal(faulty.status, 2);
  t.notMatch(faulty.stderr, 'password');
  const missing = await run(['run', 'ok.ts', ...local, '-K'], { input: '' });
  t.equal(missing.status, 2);
  t.match(missing.stderr, 'no password was given');
  t.equal((await run(['run', 'ok.ts', ...local, '-K'], { input: canary('sudo password') })).status, 0);
});

t.test('-e says how to connect, too', async (t) => {
  await writeFile(join(folder, 'far.yml'), 'all: { hosts: { far: { ansible_host: 192.0.2.1 } } }\n');
  await write('id.ts', 'await play("p", [host], (each) => each.run(command({ run: sh`true` })));');
  const ran = await run([
    'run',
    'id.ts',
    '-i',
    'far.yml',
    '--no-type-check',
    '-e',
    'ansible_connection=local',
  ]);
  t.equal(ran.status, 0, ran.stderr + ran.stdout);
});

t.test('-e with a name that nobody has is most likely mistyped', async (t) => {
  await writeFile(
    join(folder, 'strict.ts'),
    `import { playbook } from 'dabook';
import { z } from 'zod';
const vars = z.object({ stable_for: z.number().default(30) });
export default playbook({ name: 'Strict', groups: { all: z.object({}) }, vars }, async () => {});
`,
  );
  await writeFile(
    join(folder, 'named.yml'),
    'all: { vars: { site: a }, hosts: { far: { ansible_connection: local } } }\n',
  );
  const strict = (...given: string[]) =>
    run(['run', 'strict.ts', '-i', 'named.yml', '--no-type-check', ...given.flatMap((word) => ['-e', word])]);
  const mistyped = await strict('stabel_for=3');
  t.equal(mistyped.status, 2, mistyped.stdout);
  t.match(
    mistyped.stderr,
    /-e stabel_for: neither the playbook nor the inventory has a variable of that name/,
  );
  t.match(mistyped.stderr, /did you mean stable_for\?/);
  t.equal((await strict('stable_for=3', 'site=b', 'ansible_user=me')).status, 0);
});

t.test('with --json events alone are on stdout', async (t) => {
  await write(
    'chatty.ts',
    `console.log('while running'); process.stdout.write('more\\n');`,
    `console.log('while loading');`,
  );
  const { status, stdout, stderr } = await run(['run', 'chatty.ts', ...local, '--json']);
  t.equal(status, 0);
  t.same(
    stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type),
    ['run.started', 'run.ended'],
  );
  t.same(stderr, 'while loading\nwhile running\nmore\n');
  t.match((await run(['run', 'chatty.ts', ...local])).stdout, /while loading\n(.*\n)*while running/);
});

/** Runs dabook by a shell, which redirects. */
async function shell(line: string) {
  const [command, args] = outsideTap('bash', ['-o', 'pipefail', '-c', line]);
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...home, DABOOK: bin } });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status, stderr };
}

t.test('output that cannot be written', async (t) => {
  const dabookOk = `"${process.execPath}" "$DABOOK" run ok.ts ${local.join(' ')}`;
  const inventory = `"${process.execPath}" "$DABOOK" inventory -i hosts.yml`;
  for (const line of [dabookOk, `${dabookOk} --json`, inventory]) {
    const full = await shell(`${line} > /dev/full`);
    t.equal(full.status, 1);
    t.match(full.stderr, /^dabook: warning: the output cannot be written: ENOSPC.*\n$/);
  }
  t.same(await shell(`${dabookOk} | true`), { status: 0, stderr: '' }, 'nobody reads it');
  t.equal((await shell(`${dabookOk} 2>/dev/full`)).status, 0);
});

t.test('a signal ends the run', async (t) => {
  await write(
    'waits.ts',
    'console.log("ready"); await play("p", [host], (each) => each.run(command({ run: sh`sleep 1` })));',
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const [command, args] = outsideTap('env', [process.execPath, bin, 'run', 'waits.ts', ...local]);
    const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...home } });
    for await (const text of child.stdout) if (String(text).includes('ready')) child.kill(signal);
    const status = child.exitCode ?? (await once(child, 'close'))[0];
    t.equal(status, 130, signal);
  }
});

t.test('the code of the run that compiled most is kept, for this user alone', async (t) => {
  const cache = join(folder, 'code');
  const env = { XDG_CACHE_HOME: cache };
  const codes = async () => {
    const names = (await readdir(join(cache, 'dabook'))).filter((name) => name.startsWith('code-'));
    return Promise.all(names.map(async (name) => ({ name, ...(await lstat(join(cache, 'dabook', name))) })));
  };
  /** Which code there is after this was run twice; it must not be made anew by the second run. */
  const keptOf = async (t: Test, args: readonly string[], status: number) => {
    t.equal((await run(args, { env })).status, status);
    const kept = await codes();
    t.equal((await run(args, { env })).status, status);
    t.same(
      (await codes()).map(({ ino }) => ino),
      kept.map(({ ino }) => ino),
      'it is used, and kept once',
    );
    t.equal(kept.length, 1, 'nothing else is kept');
    return kept[0];
  };
  t.equal((await run(['run', 'ok.ts', ...local, '-l', 'nobody'], { env })).status, 2);
  t.same(await codes(), [], 'one that did not begin has not compiled much');

  await write('fails.ts', `await play('Fail', [host], async () => { throw new Error('on purpose'); });`);
  const part = await keptOf(t, ['run', 'fails.ts', ...local], 1);
  const left = join(cache, 'dabook', 'code-run-of-another-bundle');
  await writeFile(left, '');
  await utimes(left, 0, 0);
  const kept = await keptOf(t, ['run', 'ok.ts', ...local], 0);
  t.not(kept?.name, part?.name);
  t.equal(kept?.mode, 0o100600);
  t.equal(
    (await keptOf(t, ['run', 'fails.ts', ...local], 1))?.ino,
    kept?.ino,
    'a poorer one takes not its place',
  );

  const file = join(cache, 'dabook', kept?.name ?? '');
  await writeFile(file, (await readFile(file)).subarray(0, 100_000));
  const cut = await run(['run', 'ok.ts', ...local], { env });
  t.same([cut.status, cut.stderr], [0, '']);
  const [renewed, ...others] = await codes();
  t.equal(renewed?.name, kept?.name);
  t.ok(renewed && renewed.size > 500_000);
  t.same(others, [], 'one that V8 does not take is made anew');

  await t.test('over SSH', { skip: cannotRun }, async (t) => {
    const keys = makeKeys(t);
    const { port } = await startSshd(t, keys);
    await mkdir(join(folder, 'ssh'));
    const known = join(folder, 'ssh/known_hosts');
    await writeFile(known, `[127.0.0.1]:${port} ${hostKey(keys, 'ed25519')}\n`);
    const vars = `ansible_host: 127.0.0.1, ansible_port: ${port}, ansible_user: root, ansible_private_key_file: ${keys.ed25519}`;
    const args = `ansible_ssh_common_args: "-o UserKnownHostsFile=${known}"`;
    await writeFile(join(folder, 'far.yml'), `all: { hosts: { far: { ${vars}, ${args} } } }\n`);
    await write('asks.ts', `await play('Ask', [host], (each) => each.run(command({ run: sh\`true\` })));`);
    t.equal((await run(['run', 'asks.ts', ...local], { env })).status, 0);
    const [near] = await codes();
    const far = await keptOf(t, ['run', 'asks.ts', '-i', 'far.yml', '--no-type-check'], 0);
    t.not(far?.name, near?.name);
    t.ok(far && near && far.size > near.size + 100_000, 'with the code for SSH');
    t.equal((await keptOf(t, ['run', 'asks.ts', ...local], 0))?.ino, far?.ino);
  });

  const [last] = await codes();
  const whole = join(cache, 'dabook', last?.name ?? '');
  await chmod(join(cache, 'dabook'), 0o770);
  await writeFile(whole, 'of somebody else');
  t.equal((await run(['--version'], { env })).status, 0);
  t.equal((await run(['run', 'ok.ts', ...local], { env })).status, 2);
  t.equal(await readFile(whole, 'utf8'), 'of somebody else');
});

t.test('an error of the playbook that nothing catches is told with its line', async (t) => {
  const wait = 'await new Promise((done) => setTimeout(done, 50));';
  await write('rejects.ts', `void (async () => { throw new Error('nobody'); })();\n${wait}`);
  const rejected = await run(['run', 'rejects.ts', ...local]);
  t.equal(rejected.status, 1);
  t.match(
    rejected.stderr,
    /^dabook: rejects\.ts:6\S*: nothing in the playbook caught: nobody\n {2}an "await"/,
  );
  t.notMatch(rejected.stderr, / {4}at /);

  await write('throws.ts', `setTimeout(() => { throw new Error('later'); }, 0);\n${wait}`);
  const threw = await run(['run', 'throws.ts', ...local]);
  t.equal(threw.status, 1);
  t.match(threw.stderr, /^dabook: throws\.ts:6\S*: nothing in the playbook caught: later\n/);
});

t.test('a fault of dabook itself is told with the lines of its source', async (t) => {
  const { main } = (await import(new URL('../../dist/cli.cjs', import.meta.url).href)) as {
    main(io: Io): Promise<number>;
  };
  let told = '';
  const stderr = { on() {}, write: (text: string) => (told += text) };
  const argv = ['node', bin, 'run', 'ok.ts', ...local];
  const cwd = () => {
    throw new Error('no folder');
  };
  const stdout = { on() {}, write: (_text: string, done: () => void) => done() };
  const io = { argv, env: home, stdin: {}, stdout, stderr, cwd, on() {}, off() {} };
  t.equal(await main(io as unknown as Io), 1);
  t.match(told, /^dabook: this is a fault of dabook itself, please report it:\nError: no folder\n/);
  t.match(told, /\n {4}at .*readInput \(.*\/lib\/cli\/read-input\.ts:\d+:\d+\)\n/);
  t.notMatch(told, '/dist/');
});

t.test('nothing of an input steers the terminal', async (t) => {
  await write('steers.ts', '', `throw new Error('a\\x1b[2Jb');`);
  const { stderr } = await run(['run', 'steers.ts', ...local]);
  t.match(stderr, 'a␛[2Jb');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  t.notMatch((await run(['run', 'ok.ts', '-i', 'no\x1b[2Jne.yml'])).stderr, /[\x00-\x09\x0b-\x1f]/);
});

t.test('help and version', async (t) => {
  const help = await run(['run', '--help']);
  t.equal(help.status, 0);
  t.match(help.stdout, /Examples:\n {2}dabook run .*\n {2}dabook run /);
  t.match(help.stdout, `'{"k": 1}'`);
  t.notMatch(help.stdout, '(default: [])');
  t.same(await run(['help', 'run']), help);
  for (const words of [['version'], ['-v'], ['--version']]) {
    const { status, stdout } = await run(words);
    t.equal(status, 0);
    t.match(stdout, /^\d+\.\d+\.\d+\n$/, words.join());
  }
  t.equal((await run(['run', 'ok.ts', ...local, '-v'])).status, 0, '-v of a command is its own');
});

t.test('wrong arguments are told in one way, with what to do', async (t) => {
  await writeFile(join(folder, 'site.yml'), '');
  await mkdir(join(folder, 'playbooks'));
  const inventory = ['inventory', '-i', 'hosts.yml'];
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['run'], /the playbook and the inventory \(-i\) must be given.*\n {2}see: dabook run --help/],
    [['run', 'ok.ts'], /the inventory \(-i\) must be given/],
    [['run', 'ok.ts', '--nope'], /unknown option '--nope'\n {2}see: dabook run --help/],
    [['runn'], /unknown command 'runn'/],
    [['run', 'site.yml', ...local], /playbooks are TypeScript or JavaScript files/],
    [['run', 'playbooks', ...local], /playbooks is a folder/],
    [['run', 'none.ts', ...local], /there is no playbook none.ts/],
    [['inventory', 'hosts.yml'], /dabook inventory -i hosts.yml/],
    [[...inventory, '--host', ''], /--host needs the name of a host/],
    [[...inventory, '--host', 'here', '--graph'], /'--graph' cannot be used with option '--host <name>'/],
  ];
  for (const [args, said] of cases) {
    const { status, stderr, stdout } = await run(args);
    t.same([status, stdout], [2, ''], args.join(' '));
    t.match(stderr, /^dabook: /);
    t.match(stderr, said);
  }
});

t.test('what no playbook is made of is told with its place', async (t) => {
  const text = `import { playbook } from 'dabook';\nexport default playbook({ name: 'a', groups: { all: {} } }, () => {});\n`;
  await writeFile(join(folder, 'odd.js'), text);
  const { status, stderr } = await run(['run', 'odd.js', ...local]);
  t.equal(status, 2);
  t.match(stderr, /odd\.js:2: group all of the playbook "a" has no schema/);
});

t.test('a syntax error has its place, with and without a type check', async (t) => {
  await writeFile(join(folder, 'bad.ts'), 'const a = {\n  b: 1\n  c: 2,\n};\n');
  for (const args of [local, ['-i', 'hosts.yml']]) {
    const { status, stderr } = await run(['run', 'bad.ts', ...args]);
    t.equal(status, 2);
    t.match(stderr, /^bad\.ts:3:3: .*"?,"?.*\n {2}3 \| {3}c: 2,\n {4}\| {3}\^/);
  }
  t.ok(existsSync(join(folder, 'home/.cache/dabook')), 'what was kept lies in the home folder');
});
