import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { planPlace } from '../../lib/cli/plan-place.ts';
import type { KeptPlan } from '../../lib/plan/kept-plan.ts';
import type { PlanFault } from '../../lib/plan/plan-fault.ts';
import { mayHold } from '../canary/allowed.ts';
import { canaryInVariable } from '../canary/canary.ts';
import { dabook } from '../e2e/dabook.ts';
import { type Key, onTerminal, terminals } from './on-terminal.ts';

/** What `plan --json` prints. */
type Told = Omit<KeptPlan, 'outcome'> & { readonly outcome: string; readonly faults: readonly PlanFault[] };

const cache = await mkdtemp(join(tmpdir(), 'dabook-plan-cache-'));
t.teardown(() => rm(cache, { recursive: true, force: true }));

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));
const secret = canaryInVariable('THE_KEY');
mayHold(secret, /\/key$/);
const playbook = `import { playbook } from 'dabook';
import { copyFile, fileAbsent } from 'dabook/tasks';
import { z } from 'zod';
import { title } from './words.ts';

export default playbook(
  { name: title, groups: { all: z.looseObject({ key: z.any() }) }, vars: z.object({ note: z.string().default('one') }) },
  async ({ groups: { all }, vars, play }) => {
    await play('Work', all, async (host) => {
      await host.run(copyFile({ content: host.vars.key, dest: process.cwd() + '/key', mode: '0600' }));
      await host.run(copyFile({ content: vars.note + '\\n', dest: process.cwd() + '/note' }));
      await host.run(fileAbsent({ path: process.cwd() + '/old' }));
    }, { mayDestroy: MAY });
  },
);
`;

async function place(t: Test, mayDestroy = false) {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-plan-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write('hosts.yml', 'all: { hosts: { here: { ansible_connection: local, key: !env THE_KEY } } }\n');
  await write('files.ts', playbook.replace('MAY', String(mayDestroy)));
  await write('words.ts', `export const title = 'Files';\n`);
  await write('old', 'old\n');
  const env = { HOME: folder, XDG_CACHE_HOME: cache, XDG_STATE_HOME: undefined, THE_KEY: secret };
  const does = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    dabook([...args], { cwd: folder, env: { ...env, ...more } });
  return {
    folder,
    write,
    text: (name: string) => readFile(join(folder, name), 'utf8'),
    has: (name: string) => existsSync(join(folder, name)),
    plan: (...more: readonly string[]) =>
      does(['plan', 'files.ts', '-i', 'hosts.yml', '--no-type-check', ...more]),
    apply: (...more: readonly string[]) => does(['apply', 'it.plan', '--no-type-check', ...more]),
    run: (...more: readonly string[]) =>
      does(['run', 'files.ts', '-i', 'hosts.yml', '--no-type-check', ...more]),
    typed: (keys: readonly Key[], ...more: readonly string[]) =>
      onTerminal(
        t,
        [process.execPath, bin, 'run', 'files.ts', '-i', 'hosts.yml', '--no-type-check', ...more],
        { cwd: folder, env: { ...env, TERM: 'xterm', NO_COLOR: '1' } },
        keys,
      ),
    does,
  };
}

t.test('a plan that is kept is done, and nothing else', async (t) => {
  const { plan, apply, folder, has, text } = await place(t);
  const made = await plan('-o', 'it.plan');
  t.equal(made.status, 0, made.stderr);
  t.match(made.stdout, /here\n {2}[+] copy to .*\/key\n/);
  t.match(made.stdout, /Cannot be undone. This would be lost:\n {2}here {2}.*\/old\n/);
  t.match(made.stdout, /Plan: 3 tasks on 1 host: .*, 1 cannot be undone\nIt is kept in it.plan/);
  t.notOk(has('note') || has('key'));
  t.ok(has('old'));
  t.equal(statSync(join(folder, 'it.plan')).mode & 0o777, 0o600);
  t.equal(statSync(join(folder, '.local/state/dabook/plan.key')).mode & 0o777, 0o600);
  const kept = await text('it.plan');
  const base64 = Buffer.from(secret).toString('base64');
  for (const told of [kept, made.stdout, made.stderr])
    t.notOk(told.includes(secret) || told.includes(base64));

  const unconfirmed = await apply();
  t.equal(unconfirmed.status, 7);
  t.match(unconfirmed.stdout, /cannot be undone, and nobody has agreed to it:\n.*here.*\/old/);
  t.notOk(has('note') || has('key'));

  const applied = await apply('--yes');
  t.equal(applied.status, 0, applied.stdout);
  t.equal(await text('note'), 'one\n');
  t.equal(await text('key'), secret);
  t.notOk(has('old'));

  const again = await apply('--yes');
  t.equal(again.status, 7);
  t.match(
    again.stderr,
    /it.plan does not hold any more: 3 tasks would not do the same; nothing was touched\n/,
  );
  t.match(again.stderr, /here {2}copy to .*note: nothing to do any more/);
  t.match((await plan('--detailed-exitcode')).stdout, /Plan: nothing to do\n/);
});

t.test('what moved since is named, and nothing is touched', async (t) => {
  const { plan, apply, write, has, text } = await place(t);
  await plan('-o', 'it.plan');
  await write('note', 'somebody else\n');
  const moved = await apply('--yes');
  t.equal(moved.status, 7);
  t.match(moved.stderr, /copy to .*note: not as planned\n.*planned: \+ content: 1 line\n/);
  t.match(moved.stderr, /now: {5}~ content: 1 line changed/);
  t.equal(await text('note'), 'somebody else\n');
  t.notOk(has('key'));
  t.ok(has('old'));
});

t.test('a file that is to be removed is another one since', async (t) => {
  const { plan, apply, write, has } = await place(t);
  await plan('-o', 'it.plan');
  await write('old', 'somebody else wrote it anew\n');
  const moved = await apply('--yes');
  t.equal(moved.status, 7);
  t.match(moved.stderr, /remove .*old: not as planned\n {6}what is not shown of it is another\n/);
  t.ok(has('old'));
  t.notOk(has('note'));
});

t.test('a link that leads elsewhere since is a difference, though all else is the same', async (t) => {
  const { folder, write, plan, apply, has } = await place(t);
  for (const name of ['one', 'two']) await mkdir(join(folder, name));
  await symlink('one', join(folder, 'at'));
  await write('files.ts', playbook.replace("'/note'", "'/at/note'").replace('MAY', 'true'));
  const made = await plan('-o', 'it.plan');
  t.match(made.stdout, `      ${folder}/at leads to ${folder}/one\n`);

  await rm(join(folder, 'at'));
  await symlink('two', join(folder, 'at'));
  const { status, stderr } = await apply();
  t.equal(status, 7);
  t.match(stderr, '1 task would not do the same; nothing was touched\n');
  t.match(stderr, `note: not as planned\n      planned: ${folder}/at leads to ${folder}/one\n`);
  t.match(stderr, `      now:     ${folder}/at leads to ${folder}/two\n`);
  t.notOk(has('one/note') || has('two/note') || has('key'));

  await rm(join(folder, 'at'));
  await symlink('one', join(folder, 'at'));
  t.equal((await apply()).status, 0);
  t.ok(has('one/note'));
});

t.test('a secret that changed since is a difference, though nobody sees it', async (t) => {
  const { plan, apply, does, has } = await place(t);
  await plan('-o', 'it.plan');
  const other = await does(['apply', 'it.plan', '--no-type-check', '--yes'], {
    THE_KEY: 'another-secret-text',
  });
  t.equal(other.status, 2);
  t.match(other.stderr, /changed since: what the inventory says of here/);
  t.notMatch(other.stderr, /another-secret|battery/);
  t.notOk(has('key'));
  t.equal((await apply('--yes')).status, 0);
});

t.test('a plan that was edited, or made otherwise, is refused before anything is connected to', async (t) => {
  const { plan, apply, does, write, text, has, folder } = await place(t);
  await plan('-o', 'it.plan');
  const kept = await text('it.plan');
  const refused = async (message: RegExp, more?: NodeJS.ProcessEnv) => {
    const { status, stderr } = await does(['apply', 'it.plan', '--no-type-check', '--yes'], more);
    t.equal(status, 2, stderr);
    t.match(stderr, message);
    t.notMatch(stderr, /^ +at /m, 'no stack');
  };
  await write('it.plan', kept.replace('/note', '/nope'));
  await refused(/the seal of it.plan is not right/);
  for (const text of ['', '{}', 'x'.repeat(100), kept.slice(0, -3), `${kept} `]) {
    await write('it.plan', text);
    await refused(/it.plan is no plan of dabook's|seal/);
  }
  await write('it.plan', kept);
  await refused(/there is no .*plan.key: no plan was made by this user/, {
    XDG_STATE_HOME: join(folder, 'else'),
  });
  await write('words.ts', `export const title = 'Files' + '';\n`);
  await refused(/changed since: the playbook files.ts/);
  await write('words.ts', `export const title = 'Files';\n`);
  await write(
    'hosts.yml',
    'all: { hosts: { here: { ansible_connection: local, key: !env THE_KEY, more: 1 } } }\n',
  );
  await refused(/changed since: what the inventory says of here/);
  await write('hosts.yml', 'all: { hosts: { here: { ansible_connection: local, key: !env THE_KEY } } }\n');
  await chmod(join(folder, '.local/state/dabook/plan.key'), 0o644);
  await refused(/plan.key, could be read by others|could be read by others/);
  await chmod(join(folder, '.local/state/dabook/plan.key'), 0o600);
  t.notOk(has('note'));
  t.equal((await apply('--yes')).status, 0);
});

t.test('hosts that are in another order than they were are served in another one', async (t) => {
  const { plan, apply, write, has } = await place(t);
  const hosts = (names: readonly string[]) =>
    write(
      'hosts.yml',
      `all: { hosts: { ${names.map((name) => `${name}: { ansible_connection: local, key: !env THE_KEY }`).join(', ')} } }\n`,
    );
  await hosts(['one', 'two']);
  t.equal((await plan('-o', 'it.plan')).status, 0);
  await hosts(['two', 'one']);
  const refused = await apply('--yes');
  t.equal(refused.status, 2, refused.stderr);
  t.match(refused.stderr, /changed since: the order of the hosts\n/);
  t.notOk(has('note'));
  await hosts(['two', 'three']);
  t.match((await apply('--yes')).stderr, /changed since: what the inventory says of one, three\n/);
});

t.test('a plan takes the place of nothing but an older plan', async (t) => {
  const { plan, folder, write, text } = await place(t);
  await mkdir(join(folder, 'there'));
  await symlink('hosts.yml', join(folder, 'link'));
  await write('empty', '');
  await write('large', `{\n  "format": 1,\n${' '.repeat(1000)}}\n`);
  const refused: readonly (readonly [out: string, message: RegExp])[] = [
    ['hosts.yml', /kept in hosts.yml: it is there, and is no plan of dabook's$/],
    ['empty', /it is there, and is no plan/],
    ['large', /it is there, and is no plan/],
    ['link', /it is a link, which would be replaced$/],
    ['there', /it is a folder$/],
    ['new/', /it is a folder$/],
    ['', /kept in "": it is no name$/],
    ['no/it.plan', /kept in no\/it.plan: ENOENT: no such file or directory$/],
    ['/proc/it.plan', /kept in \/proc\/it.plan: E[A-Z]+: [^/]*$/],
    ['/dev/null', /it is there, and is no regular file$/],
  ];
  const before = await text('hosts.yml');
  for (const [out, message] of refused) await t.rejects(planPlace(out, folder), { code: 'usage', message });
  const { status, stdout } = await plan('-o', 'hosts.yml');
  t.equal(status, 2);
  t.equal(stdout, '', 'nothing was looked at');
  t.equal(await text('hosts.yml'), before);
  t.equal(await text('link'), before);
  t.same(
    (await readdir(folder)).filter((name) => name.startsWith('.dabook')),
    [],
    'nothing is left beside it',
  );

  t.equal((await plan('-o', 'it.plan')).status, 0);
  const older = await text('it.plan');
  t.equal((await plan('-o', 'it.plan', '-e', 'note=two')).status, 0);
  t.not(await text('it.plan'), older);
  await write('it.plan', older.replace('/note', '/nope'));
  t.equal((await plan('-o', 'it.plan')).status, 0, 'one that was edited, too');
});

t.test('a plan that is not whole says what is in its way, and is not kept', async (t) => {
  const { plan, folder, write, has, does } = await place(t);
  await write(
    'hosts.yml',
    `all: { hosts: { here: { ansible_connection: local, key: !env THE_KEY },
  away: { ansible_host: 127.0.0.1, ansible_port: 1, ansible_user: nobody, key: x } } }
`,
  );
  const partly = await plan('--json', '-o', 'it.plan');
  t.equal(partly.status, 4);
  t.notOk(has('it.plan'));
  const [told] = partly.events as unknown as readonly [Told];
  t.match(told, { outcome: 'unreachable', tasks: { length: 3 } });
  t.match(told.faults, [
    { status: 'unreachable', host: 'away', fault: { code: 'unreachable', message: String } },
  ]);
  t.equal(told.faults.length, 1);
  t.match((await plan()).stdout, /\nPlan: not whole: 1 unreachable; as far as it goes, 3 tasks on 1 host: /);

  await write('hosts.yml', 'all: { hosts: { here: { ansible_connection: local, key: !env THE_KEY } } }\n');
  await write('files.ts', playbook.replace('MAY', 'true').replace("'/key'", "'/no/key'"));
  const failing = await plan('--json');
  t.equal(failing.status, 1);
  t.match(failing.events[0], {
    outcome: 'failed',
    tasks: [],
    faults: [
      {
        status: 'would-fail',
        host: 'here',
        name: 'copyFile',
        title: `copy to ${folder}/no/key`,
        fault: { message: `the folder of ${folder}/no/key does not exist` },
      },
    ],
  });
  t.match((await plan()).stdout, /\nPlan: not whole: 1 would fail\n$/);

  await write(
    'files.ts',
    playbook.replace('MAY', 'true').replace('await play', `throw new Error('odd'); await play`),
  );
  const odd = await does(['plan', 'files.ts', '-i', 'hosts.yml', '--no-type-check', '--json']);
  t.match(odd.events[0], {
    outcome: 'failed',
    tasks: [],
    faults: [{ status: 'would-fail', fault: { message: 'odd' } }],
  });
});

t.test('what would fail now is told as that, and what the check did not come to as that', async (t) => {
  const { folder, write, apply, does, has } = await place(t);
  await write(
    'files.ts',
    `import { existsSync } from 'node:fs';
import { playbook } from 'dabook';
import { copyFile } from 'dabook/tasks';
import { z } from 'zod';

export default playbook({ name: 'Files', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  const at = (name: string) => process.cwd() + '/' + name;
  if (existsSync(at('odd'))) throw new Error('odd');
  await play('One', all, async (host) => {
    await host.run(copyFile({ content: 'a', dest: at('first-' + host.name) }));
    await host.run(copyFile({ content: 'a', dest: at('in-' + host.name) + '/x' }));
    await host.run(copyFile({ content: 'a', dest: at('last-' + host.name) }));
  });
  await play('Two', all, (host) => host.run(copyFile({ content: 'a', dest: at('two-' + host.name) })));
});
`,
  );
  const local = '{ ansible_connection: local }';
  await write('hosts.yml', `all: { hosts: { one: ${local}, two: ${local} } }\n`);
  for (const name of ['in-one', 'in-two']) await mkdir(join(folder, name));
  const made = await does(['plan', 'files.ts', '-i', 'hosts.yml', '--no-type-check', '-o', 'it.plan']);
  t.equal(made.status, 0, made.stdout + made.stderr);

  await rmdir(join(folder, 'in-one'));
  await write('first-two', 'a');
  await chmod(join(folder, 'first-two'), 0o644);
  const failing = await apply();
  t.equal(failing.status, 7);
  t.match(
    failing.stderr,
    /does not hold any more: 1 task would not do the same, 1 would fail; nothing was touched\n/,
  );
  t.match(
    failing.stderr,
    /\n {2}one {2}copy to .*in-one\/x: would fail now: the folder of .* does not exist\n/,
  );
  t.match(failing.stderr, /\n {2}two {2}copy to .*first-two: nothing to do any more\n/);
  // The last of this host, and the second play of both.
  t.match(failing.stderr, /\n {2}3 tasks more could not be looked at\n/);
  t.equal(failing.stderr.match(/nothing to do any more/g)?.length, 1);
  t.notOk(has('first-one'));

  await write('odd', '');
  const odd = await apply();
  t.equal(odd.status, 7);
  t.match(
    odd.stderr,
    /: 1 would fail; .*\n {2}the playbook: would fail now: odd\n {2}8 tasks more could not be/,
  );
});

t.test('--timeout bounds the check that comes before what a plan says, and what follows it', async (t) => {
  const { write, does, has } = await place(t);
  const slow = `import { playbook, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';

export default playbook({ name: 'Slow', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('Work', all, async (host) => {
    await host.run(command({ run: sh\`touch done\`, unless: sh\`sleep $(cat seconds); [ -e done ]\`, cwd: process.cwd() }));
  });
});
`;
  await write('slow.ts', slow);
  await write('seconds', '0');
  const made = await does(['plan', 'slow.ts', '-i', 'hosts.yml', '--no-type-check', '-o', 'it.plan']);
  t.equal(made.status, 0, made.stdout + made.stderr);
  const apply = async (seconds: string, timeout: string) => {
    await write('seconds', seconds);
    const started = performance.now();
    const ran = await does(['apply', 'it.plan', '--no-type-check', '--no-lock', '--timeout', timeout]);
    return { ...ran, seconds: (performance.now() - started) / 1000 };
  };
  const bounded = await apply('60', '1');
  t.equal(bounded.status, 1, bounded.stdout + bounded.stderr);
  t.match(
    bounded.stderr,
    /it.plan was not held against what is there: .* its deadline of 1 s \(--timeout\)\n/,
  );
  t.equal(bounded.stdout, '', 'nothing was begun');
  t.ok(bounded.seconds < 30, `${bounded.seconds} s`);
  const late = await apply('3', '5');
  t.equal(late.status, 1, 'the check took three of the five seconds');
  t.match(late.stdout, /the run took longer than its deadline of 5 s/);
  t.notOk(has('done'));
  t.equal((await apply('0', '600')).status, 0);
  t.ok(has('done'));
});

t.test('a plan holds no value of the command line that looks like a secret', async (t) => {
  const { plan, has, text } = await place(t);
  // No canary: what is given so is in the process list, as docs/security.md says.
  const refused: readonly (readonly [what: RegExp, ...args: readonly string[]])[] = [
    [/-e key_password: it looks like a secret/, 'key_password=hunter2hunter2'],
    [/-e key.password: it looks/, '{"key":{"password":"hunter2hunter2","user":"u"}}'],
    [/-e key.passwords.0.of: it looks/, 'key={"passwords":[{"of":"hunter2hunter2"}]}'],
    [/-e key.1.at: it looks/, '{"key": ["x", {"at": "https://u:hunter2hunter2@example.org"}]}'],
    [/-e key.pin_password: it looks/, '{"key": {"pin_password": 12345678}}'],
    [/-e key: it looks/, '{"key": {"https://u:hunter2hunter2@example.org": 1}}'],
    [/-e key_password: it looks/, 'key_password=hunter2hunter2', 'note=two'],
    [/-e key_password: it looks/, 'key_password=hunter2hunter2', '{"key_password": !env THE_KEY}'],
  ];
  for (const [what, ...args] of refused) {
    const { status, stderr } = await plan('-o', 'it.plan', ...args.flatMap((arg) => ['-e', arg]));
    t.equal(status, 2, args.join(' '));
    t.match(stderr, what);
    t.notMatch(stderr, /hunter2/);
    t.notOk(has('it.plan'));
  }
  const known = '{"key": {"password": !env THE_KEY, "has_password": true}}';
  t.not((await plan('-e', known)).status, 2, 'where a secret is kept is none');
  t.equal((await plan('-o', 'it.plan', '-e', 'note=two')).status, 0);
  const { given, tasks } = JSON.parse(await text('it.plan')) as KeptPlan;
  t.same(given, { inventory: ['hosts.yml'], extraVars: ['note=two'] });
  t.same(
    tasks.map(({ name }) => name),
    ['copyFile', 'copyFile', 'fileAbsent'],
  );
});

t.test('what cannot be undone is confirmed before anything is touched', async (t) => {
  const { run, has } = await place(t);
  const refused = await run();
  t.equal(refused.status, 7, refused.stdout);
  t.match(refused.stdout, /1 thing cannot be undone, and nobody has agreed to it:\n.*old/);
  t.match(refused.stdout, /hint: if it is meant, give --yes/);
  t.notMatch(refused.stdout, /[1-9]\d* failed|failed [1-9]/, 'nothing failed');
  t.notOk(has('note') || has('key'));
  t.ok(has('old'));
  t.equal((await run('--check')).status, 0, 'a check touches nothing');
  t.equal((await run('--yes')).status, 0);
  t.notOk(has('old'));
  t.equal((await run()).status, 0, 'nothing is to be confirmed any more');
});

t.test('a play that may destroy needs no other word where nobody can be asked', async (t) => {
  const { run, has } = await place(t, true);
  t.equal((await run()).status, 0);
  t.notOk(has('old'));
});

t.test('at a terminal it is asked for, and only the whole word is a yes', terminals, async (t) => {
  for (const mayDestroy of [false, true]) {
    const { typed, has } = await place(t, mayDestroy);
    for (const word of mayDestroy ? ['no'] : ['y', '', '\u0004']) {
      const refused = await typed([['Only "yes" does:', `${word}\r`]]);
      t.equal(refused.status, 7, JSON.stringify(word));
      t.match(
        refused.screen,
        /This cannot be undone. What would be lost:\n {2}here {2}remove .*\/old: .*\/old\n/,
      );
      t.match(refused.screen, /it was not confirmed/);
      t.notOk(has('note') || has('key'));
      t.ok(has('old'));
    }
    const interrupted = await typed([['Only "yes" does:', '\u0003']]);
    t.equal(interrupted.status, 130);
    t.ok(has('old'));
    const done = await typed([['Only "yes" does:', 'yes\r']]);
    t.equal(done.status, 0, done.screen);
    t.notOk(has('old'));
    t.ok(has('note'));
    t.equal((await typed([])).status, 0, 'where there is nothing to do nothing is asked');
  }
});

t.test(
  'what may be destroyed, and nobody can know before, is agreed to before anything is touched',
  async (t) => {
    const { does, write, has } = await place(t);
    await write(
      'perhaps.ts',
      `import { exec, fact, playbook, sh, task, unknown } from 'dabook';
import { z } from 'zod';
const at = (name: string) => process.cwd() + '/' + name;
const isThere = (name: string) =>
  fact({ key: ['is there', name], read: async (ask) => (await ask.sh(sh\`test -e \${at(name)}\`, { ok: [0, 1] })).status === 0 });
const note = task('note', {
  title: (_args: object) => 'note',
  fact: () => isThere('note'),
  want: () => true,
  steps: () => [exec(sh\`touch \${at('note')}\`)],
  foresees: () => [{ fact: isThere('old'), state: unknown('whether there is an old one') }],
});
const clear = task('clear', {
  title: (_args: object) => 'clear',
  fact: () => isThere('old'),
  want: () => false,
  steps: () => [exec(sh\`rm \${at('old')}\`, { destroys: 'all of old' })],
  endangers: () => 'old',
});
export default playbook({ name: 'Perhaps', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('Work', all, (host) => host.run([note({}), clear({})]));
});
`,
    );
    const site = ['perhaps.ts', '-i', 'hosts.yml', '--no-type-check'];
    const planned = await does(['plan', ...site, '-o', 'it.plan']);
    t.equal(planned.status, 0, planned.stderr);
    t.match(planned.stdout, /[?] clear\n {6}known after apply\n/);
    t.match(planned.stdout, /Cannot be undone. This would be lost:\n {2}here {2}perhaps old\n/);
    t.match(planned.stdout, /1 known after apply, 1 cannot be undone\n/);
    t.match((await does(['run', ...site, '--check'])).stdout, /cannot be undone, lost: perhaps old\n/);

    for (const args of [
      ['run', ...site],
      ['apply', 'it.plan', '--no-type-check'],
    ]) {
      const refused = await does(args);
      t.equal(refused.status, 7);
      t.match(
        refused.stdout,
        /1 thing cannot be undone, and nobody has agreed to it:\n.*here {2}clear: perhaps old\n/,
      );
      t.notOk(has('note'), 'nothing was touched');
      t.ok(has('old'));
    }
    const applied = await does(['apply', 'it.plan', '--no-type-check', '--yes']);
    t.equal(applied.status, 0, applied.stdout);
    t.notOk(has('old'));
  },
);
