import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dabook } from '../e2e/dabook.ts';
import { cannotRun, hostKey, makeKeys, startSshd } from '../transport/sshd.ts';

const options = cannotRun ? { skip: cannotRun } : {};

const playbook = `import { playbook } from 'dabook';
import { copyFile } from 'dabook/tasks';
import { z } from 'zod';
export default playbook({ name: 'Notes', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('Note', all, (host) => host.run(copyFile({ content: 'a', dest: process.cwd() + '/' + host.name })));
});
`;

t.test('a plan is not applied where one of its hosts cannot be reached any more', options, async (t) => {
  const keys = makeKeys(t);
  const { port } = await startSshd(t, keys);
  const cwd = await mkdtemp(join(tmpdir(), 'dabook-away-'));
  t.teardown(() => rm(cwd, { recursive: true, force: true }));
  const env = { HOME: cwd, SSH_AUTH_SOCK: '', DABOOK_RUNS: 'off', XDG_STATE_HOME: join(cwd, 'state') };
  const away = {
    ...{
      ansible_host: '127.0.0.1',
      ansible_port: port,
      ansible_user: 'root',
      hostKey: hostKey(keys, 'ed25519'),
    },
    ansible_ssh_private_key_file: keys.ed25519,
  };
  const hosts = { all: { hosts: { here: { ansible_connection: 'local' }, away } } };
  await writeFile(join(cwd, 'hosts.yml'), JSON.stringify(hosts));
  await writeFile(join(cwd, 'notes.ts'), playbook);
  const does = (...args: readonly string[]) => dabook([...args, '--no-type-check'], { cwd, env });
  const made = await does('plan', 'notes.ts', '-i', 'hosts.yml', '-o', 'it.plan');
  t.equal(made.status, 0, made.stdout + made.stderr);

  await writeFile(join(keys.dir, 'authorized_keys'), '');
  const refused = await does('apply', 'it.plan');
  t.equal(refused.status, 4, refused.stdout + refused.stderr);
  t.match(refused.stderr, /it.plan cannot be held against what is there: 1 host cannot be reached/);
  t.match(refused.stderr, /\n {2}away: unreachable: .*\n {2}1 task more could not be looked at\n/);
  t.equal(refused.stdout, '');
});
