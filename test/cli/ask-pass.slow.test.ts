import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { dabook } from '../e2e/dabook.ts';
import { cannotRun, hostKey, makeKeys, makeUser, setSudo, startSshd } from '../transport/sshd.ts';
import { onTerminal, terminals } from './on-terminal.ts';

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));
const password = 'Log-1n "with" \\ $this';

const playbook = `import { playbook, sh } from 'dabook';
import { command } from 'dabook/tasks';
import { z } from 'zod';
export default playbook({ name: 'Passwords', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('Touch', all, (host) => host.run(command({ run: sh\`id -un >> who\`, onlyIf: sh\`! test -e who\` })));
});
`;

const cannot = cannotRun || (!existsSync('/usr/bin/sudo') && 'sudo is not installed');
const options = cannot ? { skip: cannot } : terminals;

t.test('a host that takes a password alone, with -k and -K', options, async (t) => {
  const keys = makeKeys(t);
  const { port, log } = await startSshd(t, keys, ['PasswordAuthentication yes', 'PubkeyAuthentication no']);
  const user = makeUser(t, password);
  setSudo(user, [`${user} ALL=(ALL) ALL`]);
  const cwd = await mkdtemp(join(tmpdir(), 'dabook-pass-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  const env = { HOME: cwd, SSH_AUTH_SOCK: '', DABOOK_RUNS: 'off', XDG_STATE_HOME: join(cwd, 'state') };
  const host = { ansible_host: '127.0.0.1', ansible_port: port, ansible_user: user };
  const hosts = { all: { hosts: { one: { ...host, hostKey: hostKey(keys, 'ed25519') } } } };
  await writeFile(join(cwd, 'hosts.yml'), JSON.stringify(hosts));
  await writeFile(join(cwd, 'site.ts'), playbook);
  const does = (args: readonly string[], input = '') => dabook(args, { cwd, env, input });
  const site = ['site.ts', '-i', 'hosts.yml', '--no-type-check'];

  const without = await does(['run', ...site, '--check']);
  t.equal(without.status, 4);
  t.match(without.stdout + without.stderr, /to log in with a password: -k/);

  const planned = await does(['plan', ...site, '-k', '-b', '-K', '-o', 'it.plan'], `${password}\n\n`);
  t.equal(planned.status, 0, planned.stderr);

  const other = await does(['apply', 'it.plan', '--no-type-check'], `${password}\nother\n`);
  t.match(other, {
    status: 2,
    stderr: /what the inventory says of one[\s\S]*if the same passwords were typed/,
  });

  const typed = await onTerminal(
    t,
    [process.execPath, bin, 'apply', 'it.plan', '--no-type-check'],
    { cwd, env },
    [
      ['SSH password: ', `${password}\r`],
      ['sudo password (empty: the SSH password): ', '\r'],
    ],
  );
  t.equal(typed.status, 0, typed.screen);
  t.match(
    typed.screen,
    /^SSH password: \nsudo password \(empty: the SSH password\): \n/,
    'before anything is shown',
  );
  t.match(typed.screen, /1 changed/);

  const again = await does(['drift', ...site, '-k', '-b', '-K'], `${password}\n\n`);
  t.match(again, { status: 0 }, 'it was done as root, and is seen again');
  const look = () => does(['lock', 'status', '-i', 'hosts.yml', '-k'], `${password}\n`);
  let locks = await look();
  // Tests beside this one run dabook on this very machine: the lock may be theirs for a while, and not this run's any more.
  for (let tries = 0; locks.status === 5 && tries < 10; tries++) {
    t.notMatch(locks.stdout, 'for Passwords', 'a run that has ended holds no lock');
    locks = await look();
  }
  t.match(locks, { status: 0, stdout: 'one  free\n' });

  const wrong = await does(['run', ...site, '--check', '--json', '-k'], 'wrong-password\n');
  t.equal(wrong.status, 4);
  t.match(wrong.stdout, /refused the login: tried password/);
  for (const { stdout, stderr } of [planned, other, again, locks, wrong])
    t.notMatch(stdout + stderr, /Log-1n|wrong-password/);
  t.notMatch(typed.screen, 'Log-1n');
  t.match(log(), /Accepted password/);
});
