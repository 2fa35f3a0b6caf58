import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dabook } from '../e2e/dabook.ts';
import { cannotRun, hostKey, makeKeys, startSshd } from '../transport/sshd.ts';

if (cannotRun) t.pass('not run', { skip: cannotRun });
else {
  const keys = makeKeys(t);
  const others = makeKeys(t);
  const [host, gate] = [await startSshd(t, keys), await startSshd(t, others)];
  copyFileSync(join(keys.dir, 'authorized_keys'), join(others.dir, 'authorized_keys'));
  const folder = mkdtempSync(join(tmpdir(), 'dabook-keys-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const made = join(folder, 'made');
  writeFileSync(
    join(folder, 'play.ts'),
    `import { playbook } from 'dabook';
import { copyFile } from 'dabook/tasks';
import { z } from 'zod';
export default playbook({ name: 'Keys', groups: { web: z.object({}) } }, async ({ groups: { web }, play }) => {
  await play('Write', web, (host) => host.run(copyFile({ content: 'here\\n', dest: '${made}' })));
});
`,
  );
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  copyFileSync(keys.ed25519, join(folder, '.ssh/id_ed25519'));

  /** Runs it against one host behind a jump host, both of the inventory. */
  const run = async (connection: string, hostPin: string, gatePin: string) => {
    rmSync(made, { force: true });
    const common = { ansible_host: '127.0.0.1', ansible_user: 'root', ansible_connection: connection };
    const config = join(folder, 'config');
    writeFileSync(config, `IdentityFile ${keys.ed25519}\n`);
    const inventory = {
      web: {
        hosts: {
          far: {
            ...common,
            ansible_port: host.port,
            ansible_ssh_private_key_file: keys.ed25519,
            ansible_ssh_common_args: `-F ${config} -o ProxyJump=root@127.0.0.1:${gate.port}`,
            hostKey: hostPin,
          },
        },
      },
      other: { hosts: { gate: { ...common, ansible_port: gate.port, hostKey: gatePin } } },
    };
    writeFileSync(join(folder, 'hosts.yml'), JSON.stringify(inventory));
    return dabook(['run', 'play.ts', '-i', 'hosts.yml', '--no-type-check'], {
      cwd: folder,
      env: { HOME: folder, TMPDIR: temporary, DABOOK_RUNS: 'off' },
    });
  };
  const [own, gates] = [hostKey(keys, 'ed25519'), hostKey(others, 'ed25519')];

  for (const connection of ['ssh', 'openssh']) {
    t.test(`a run over ${connection}, by keys that the inventory pins`, async (t) => {
      const done = await run(connection, own, gates);
      t.equal(done.status, 0, done.stdout + done.stderr);
      t.equal(readFileSync(made, 'utf8'), 'here\n');
      const wrong = await run(connection, gates, gates);
      t.equal(wrong.status, 4, wrong.stdout + wrong.stderr);
      t.match(
        wrong.stdout,
        /none of those that the inventory pins: it showed ED25519 SHA256:\S+; pinned: ED25519 SHA256:\S+ \(hosts.yml:1\)/,
      );
      const wrongGate = await run(connection, own, own);
      t.equal(wrongGate.status, 4, wrongGate.stdout + wrongGate.stderr);
      t.match(wrongGate.stdout, /jump host/);
      t.notOk(existsSync(made));
      t.strictSame(
        readdirSync(temporary).filter((name) => existsSync(join(temporary, name, 's'))),
        [],
        'no socket is left',
      );
    });
  }

  t.test('a pin that cannot be read', async (t) => {
    const before = [host.log(), gate.log()].map((log) => log.split('Connection from').length);
    const malformed = await run('ssh', 'ssh-ed25519 AAAA', gates);
    t.equal(malformed.status, 2);
    t.match(malformed.stderr, /hosts.yml:1:\d+: hostKey "ssh-ed25519 AAAA" is no whole ssh-ed25519 key/);
    const after = [host.log(), gate.log()].map((log) => log.split('Connection from').length);
    t.strictSame(after, before, 'nothing was connected to');
  });

  t.test('the inventory shows pins as they are written', async (t) => {
    await run('openssh', own, gates);
    const shown = await dabook(['inventory', '-i', 'hosts.yml', '--host', 'far'], { cwd: folder });
    t.match(JSON.parse(shown.stdout), { hostKey: own, ansible_connection: 'openssh' });
  });
}
