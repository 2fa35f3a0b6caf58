import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dabook } from '../e2e/dabook.ts';

const password = 'Hush-7fQz/9 "x"';

/** A playbook whose host prints the password, in several forms. */
const site = (work: string) => `import { playbook, Secret, secretText, sh } from 'dabook';
import { command, copyFile } from 'dabook/tasks';
import { z } from 'zod';
const print = sh\`cat secret >&2; printf ' user:%s:more' "$(cat secret)" | base64 -w0 >&2; od -An -tx1 -v secret | tr -d ' \\n' >&2; exit 1\`;
export default playbook({ name: 'Told', groups: { all: z.object({ password: z.instanceof(Secret) }) } }, async ({ groups: { all }, play }) => {
  ${work}
});
`;

t.test('a secret that a host prints is told nowhere', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'dabook-told-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  const does = (...args: readonly string[]) =>
    dabook(args, { cwd, env: { HOME: cwd, THE_PASSWORD: password, XDG_STATE_HOME: join(cwd, 'state') } });
  const write = (name: string, text: string) => writeFile(join(cwd, name), text);
  const forms = [
    password,
    JSON.stringify(password).slice(1, -1),
    Buffer.from(password).toString('base64').slice(0, 16),
    Buffer.from(`user:${password}`).toString('base64').slice(8, 24),
    Buffer.from(password).toString('hex'),
    'Hush-7fQz',
  ];
  const untold = (text: string, where: string) => {
    for (const form of forms) t.notOk(text.includes(form), `${where}: ${form}`);
  };
  await write('secret', password);
  await write(
    'hosts.yml',
    'all: { hosts: { here: { ansible_connection: local, password: !env THE_PASSWORD } } }',
  );
  const args = ['-i', 'hosts.yml', '--no-type-check'];

  await write('fails.ts', site('await all[0].run(command({ run: print }));'));
  const failed = await does(
    'run',
    'fails.ts',
    ...args,
    '-vv',
    '--diff',
    '--profile',
    '--profile-trace',
    'trace.json',
  );
  t.match(failed, { status: 1, stdout: /<env THE_PASSWORD>/ });
  untold(failed.stdout + failed.stderr, 'the terminal');
  untold(await readFile(join(cwd, 'trace.json'), 'utf8'), 'the trace');
  const [run = ''] = await readdir(join(cwd, '.dabook/runs'));
  for (const name of await readdir(join(cwd, '.dabook/runs', run))) {
    untold(await readFile(join(cwd, '.dabook/runs', run, name), 'utf8'), `the journal's ${name}`);
  }

  await write('drifts.ts', site('await all[0].run(command({ run: sh`true`, unless: print }));'));
  const drift = await does('drift', 'drifts.ts', ...args, '--report', 'drift.json');
  t.equal(drift.status, 6);
  untold(drift.stdout + drift.stderr + (await readFile(join(cwd, 'drift.json'), 'utf8')), 'the report');

  const text = 'secretText`password=${all[0].vars.password}\\n`';
  await write(
    'plans.ts',
    site(`await all[0].run(copyFile({ dest: process.cwd() + '/app.conf', content: ${text} }));`),
  );
  const planned = await does('plan', 'plans.ts', ...args, '--diff', '-o', 'it.plan');
  t.match(planned, { status: 0, stdout: /text with env THE_PASSWORD/ });
  untold(planned.stdout + planned.stderr + (await readFile(join(cwd, 'it.plan'), 'utf8')), 'the plan');
  const applied = await does('apply', 'it.plan', '--no-type-check', '--json');
  t.equal(applied.status, 0, applied.stdout + applied.stderr);
  untold(applied.stdout + applied.stderr, 'the JSON');
  t.equal(await readFile(join(cwd, 'app.conf'), 'utf8'), `password=${password}\n`, 'the file has it');

  const stray = `void (async () => { throw new Error('it says ' + (await (await import('node:fs/promises')).readFile('secret', 'utf8'))); })();
  await new Promise((done) => setTimeout(done, 500));`;
  await write('strays.ts', site(stray));
  const strays = await does('run', 'strays.ts', ...args);
  t.match(strays, { status: 1, stderr: /nothing in the playbook caught: it says <env THE_PASSWORD>/ });
  untold(strays.stdout + strays.stderr, 'an error that nothing caught');

  await write(
    'careless.ts',
    site(
      `await all[0].run(copyFile({ dest: '/nowhere', content: \`password=\${all[0].vars.password as never}\` }));`,
    ),
  );
  const careless = await does('run', 'careless.ts', ...args);
  t.not(careless.status, 0);
  t.match(careless.stdout, /the secret <env THE_PASSWORD> cannot be put into a plain text/);
  t.match(careless.stdout, /secretText/, 'what to do instead');

  await write(
    'two.yml',
    `all: { hosts: { here: { ansible_connection: local, password: !env THE_PASSWORD, other: !exec "sh -c 'cat secret >&2; exit 1'" } } }`,
  );
  await write(
    'two.ts',
    site('').replace('z.instanceof(Secret) }', 'z.instanceof(Secret), other: z.instanceof(Secret) }'),
  );
  const two = await does('run', 'two.ts', '-i', 'two.yml', '--no-type-check');
  t.match(two, { status: 2, stderr: /<env THE_PASSWORD>/ });
  untold(two.stdout + two.stderr, 'what a program says that should give another secret');
});

t.test('a secret that is an ordinary word bypasses no consent and hides no drift', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'dabook-word-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFile(join(cwd, name), text);
  await write(
    'hosts.yml',
    'all: { hosts: { here: { ansible_connection: local, password: !env THE_PASSWORD } } }',
  );
  await write(
    'removes.ts',
    site(
      "await play('Remove', all, (host) => host.run(fileAbsent({ path: process.cwd() + '/it' })));",
    ).replace('command,', 'command, fileAbsent,'),
  );
  await write('it', 'keep');
  const does = (word: string, ...args: readonly string[]) =>
    dabook([...args, 'removes.ts', '-i', 'hosts.yml', '--no-type-check'], {
      cwd,
      env: { HOME: cwd, THE_PASSWORD: word, XDG_STATE_HOME: join(cwd, 'state') },
    });
  for (const word of ['destroy', 'changes']) {
    t.match(await does(word, 'run', '--no-lock'), { status: 7, stdout: /1 skipped/ }, word);
    t.equal(await readFile(join(cwd, 'it'), 'utf8'), 'keep', word);
  }
  for (const word of ['would-change', 'changed']) {
    t.match(
      await does(word, 'drift', '--report', 'drift.json'),
      { status: 6, stdout: /1 would change/ },
      word,
    );
    const report = JSON.parse(await readFile(join(cwd, 'drift.json'), 'utf8'));
    t.match(report, { outcome: 'drifted' }, word);
  }
});
