import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mayHold, telling } from '../canary/allowed.ts';
import { canary, canaryInVariable } from '../canary/canary.ts';
import { dabook } from '../e2e/dabook.ts';
import { sealVault } from '../secrets/seal-vault.ts';

/** Each comes to the run another way. */
const texts = {
  env: canaryInVariable('SECRET_OF_TEST'),
  file: `${canary('file')} "quoted"`,
  exec: canary('exec'),
  age: canary('age'),
  given: canary('given'),
  inline: canary('inline'),
  vault: canary('vault'),
};
const vaultPassword = canary('vault password');
for (const text of Object.values(texts)) mayHold(text, /\/out$/);
mayHold(texts.file, /\/secret\.txt$/);
mayHold(texts.exec, /\/exec\.txt$/);
mayHold(texts.given, /\/given\.txt$/);
mayHold(vaultPassword, /\/password$/);

const playbook = `import { playbook, Secret, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';
const taken = z.instanceof(Secret);
const Host = z.object({
  env: taken, file: taken, exec: taken, age: z.object({ deep: z.array(taken) }), given: taken, inline: taken,
  vaulted: z.object({ a: taken }),
});
export default playbook({ name: 'Secrets', groups: { all: Host } }, async ({ groups: { all }, play, warn }) => {
  await play('Take them', all, async (host) => {
    const { env, file, exec, age, given, inline, vaulted } = host.vars;
    warn('they are ' + JSON.stringify(host.vars));
    for (const stdin of [env, file, exec, age.deep[0], given, inline, vaulted.a]) {
      await host.run(command({ run: sh\`cat >> out; echo >> out\`, stdin }));
    }
    await host.run(command({ run: sh\`base64 -w 0 >&2; cat out >&2; exit 1\`, stdin: env }));
  });
});
`;

t.test('secrets from everywhere reach a task, and nobody else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-secrets-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const memory = join(folder, 'memory');
  await mkdir(memory);
  await mkdir(join(folder, 'group_vars/all'), { recursive: true });
  const write = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
  const base = {
    HOME: folder,
    XDG_CONFIG_HOME: '',
    XDG_RUNTIME_DIR: memory,
    ANSIBLE_VAULT_PASSWORD_FILE: '',
  };
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    dabook(args, { cwd: folder, env: { ...base, ...env } });
  const secretOf = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await run(['secret', ...args]);
    return status === 0 ? stdout : `${status}: ${stderr}`;
  };

  // dabook secret
  const recipient = (await secretOf('keygen')).trim();
  t.match(recipient, /^age1/);
  const identity = join(folder, '.config/dabook/identity.txt');
  t.equal((await stat(identity)).mode & 0o777, 0o600);
  t.match(await secretOf('keygen'), /^2: .*is there already/);

  const plain = `age: { deep: [ '${texts.age}' ] }\n`;
  const own = 'group_vars/all/own.yml';
  await write(own, plain);
  t.match(await secretOf('encrypt', own), /^2: .*there is no \.age-recipients/);
  t.match(
    await secretOf('encrypt', own, '-r', recipient),
    `${own}.age: encrypted for 1; ${own} is removed\n`,
  );
  t.same((await readdir(join(folder, 'group_vars/all'))).sort(), ['.age-recipients', 'own.yml.age']);
  t.equal((await stat(join(folder, `${own}.age`))).mode & 0o777, 0o600);
  t.notMatch(await readFile(join(folder, `${own}.age`), 'utf8'), texts.age);
  t.equal(await telling(texts.age, () => secretOf('view', `${own}.age`)), plain);

  const sealed = await readFile(join(folder, `${own}.age`));
  await write('editor', `#!/bin/sh\nstat -c %a "$(dirname "$1")" "$1" > modes\necho "$1" >> modes\n`);
  await chmod(join(folder, 'editor'), 0o700);
  const edit = (EDITOR: string, name = `${own}.age`) =>
    run(['secret', 'edit', name, '-r', recipient], { EDITOR, VISUAL: '' });
  t.match(await edit('./editor'), { status: 0, stdout: /nothing was changed/ });
  t.same(await readFile(join(folder, `${own}.age`)), sealed, 'what is not changed is not encrypted anew');
  const [mode, fileMode, path] = (await readFile(join(folder, 'modes'), 'utf8')).split('\n');
  t.same([mode, fileMode], ['700', '600']);
  t.match(path, new RegExp(`^${memory}/dabook-[^/]+/own\\.yml$`), 'in memory, named as it is');
  for (const signal of ['TERM', 'QUIT', 'XCPU']) {
    const ended = await edit(`sh -c "kill -${signal} $PPID; exec sleep 100"`);
    t.match(ended, { status: 130, stderr: /nothing was changed/ }, signal);
    t.same(await readdir(memory), [], `nothing of it is left after SIG${signal}`);
  }
  t.match(await edit('rm'), {
    status: 2,
    stderr: /^dabook: what the editor left cannot be read: there is no such file; nothing was changed$/m,
  });
  t.match(await edit('false'), {
    status: 2,
    stderr: /the editor ended with exit status 1; nothing was changed/,
  });
  await write('given.txt', `given: ${texts.given}\n`);
  t.match(await edit('cp given.txt', 'given.yml.age'), { status: 0 });
  t.same(await readdir(memory), [], 'nothing of it is left');
  t.equal(await telling(texts.given, () => secretOf('view', 'given.yml.age')), `given: ${texts.given}\n`);

  const other = join(folder, 'other.txt');
  const second = (await secretOf('keygen', other)).trim();
  t.match(
    await secretOf('view', `${own}.age`, '--identity', other),
    /^2: .*own\.yml\.age: none of the age identities/,
  );
  await write('group_vars/all/.age-recipients', `${recipient}\n${second}\n`);
  t.match(await secretOf('rekey', `${own}.age`), 'encrypted anew, for 2');
  t.equal(await telling(texts.age, () => secretOf('view', `${own}.age`, '--identity', other)), plain);
  await chmod(other, 0o640);
  t.match(
    await secretOf('view', `${own}.age`, '--identity', other),
    /^2: .*is open to others: its mode is 0640/,
  );

  // dabook run
  const indented = sealVault(texts.inline, vaultPassword).replaceAll(/^/gm, '        ').trimEnd();
  await write(
    'hosts.yml',
    `all:
  vars:
    env: !env SECRET_OF_TEST
    file: !file secret.txt
    exec: !exec sh -c 'cat exec.txt; echo x >> times'
    unused: !env NEVER_SET
    inline: !vault |
${indented}
  hosts:
    one: { ansible_connection: local }
    two: { ansible_connection: local }
`,
  );
  await write('secret.txt', `${texts.file}\n`);
  await write('exec.txt', texts.exec);
  await write('password', `${vaultPassword}\n`);
  await write('group_vars/all/vault.yml', sealVault(`vaulted:\n  a: ${texts.vault}\n`, vaultPassword));
  await write('play.ts', playbook);
  const common = ['run', 'play.ts', '-i', 'hosts.yml', '--no-type-check', '-e', '@given.yml.age'];

  const locked = await run(common);
  t.match(
    [locked.status, locked.stderr],
    [2, /^group_vars\/all\/vault\.yml:1:1: this is encrypted with ansible-vault/],
  );
  const opening = [...common, '--vault-password-file', 'password'];
  const unset = await run(opening);
  t.match(
    [unset.status, unset.stderr],
    [2, /^hosts\.yml:3:\d+: env SECRET_OF_TEST: the variable is not set/],
  );
  t.equal(await readFile(join(folder, 'times'), 'utf8'), 'x\n');

  const env = { SECRET_OF_TEST: texts.env };
  const told: string[] = [];
  for (const more of [
    ['-vv', '--diff', '-f', '1'],
    ['--json', '-f', '1'],
  ]) {
    await rm(join(folder, 'times'));
    await rm(join(folder, 'out'), { force: true });
    const ran = await run([...opening, ...more], env);
    t.equal(ran.status, 1, 'the last task fails, with all of them on its stderr');
    t.same(
      (await readFile(join(folder, 'out'), 'utf8')).trim().split('\n').slice(0, 7),
      [texts.env, texts.file, texts.exec, texts.age, texts.given, texts.inline, texts.vault],
      'the tasks got them',
    );
    t.equal(await readFile(join(folder, 'times'), 'utf8'), 'x\n', 'for two hosts the command was run once');
    told.push(ran.stdout, ran.stderr);
  }
  const runs = join(folder, '.dabook/runs');
  for (const name of await readdir(runs, { recursive: true, withFileTypes: true })) {
    if (name.isFile()) told.push(await readFile(join(name.parentPath, name.name), 'utf8'));
  }
  t.ok(told.length >= 6, 'and the journals are among it');
  t.match(told.join('\n'), /they are .*<env SECRET_OF_TEST>.*<age age\.deep\[0\]>.*<vault vaulted\.a>/);
  t.match(told[0], '<env SECRET_OF_TEST>', 'what failed is told of');
  for (const [name, text] of Object.entries(texts)) {
    for (const form of [text, Buffer.from(text).toString('base64'), JSON.stringify(text).slice(1, -1)]) {
      t.notOk(
        told.some((each) => each.includes(form)),
        `nobody was told ${name}`,
      );
    }
  }

  const listed = await run(['inventory', '-i', 'hosts.yml', '--host', 'one']);
  t.equal(listed.status, 0);
  t.match(listed.stdout, '"unused": "<env NEVER_SET>"');
  t.match(listed.stderr, /own\.yml\.age is encrypted: its variables are not shown/);
});
