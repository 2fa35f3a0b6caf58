import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { dabook } from '../e2e/dabook.ts';
import { cannotRun, freePort, hostKey, makeKeys, startSshd } from '../transport/sshd.ts';

const keys = makeKeys(t);

function place(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'dabook-trust-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'known');
  const hosts = (
    all: Readonly<
      Record<string, { port: number; jump?: string; hostKey?: string; connection?: string; options?: string }>
    >,
  ) => {
    const entries = Object.entries(all).map(
      ([name, { port, jump, hostKey, connection = 'ssh', options = '' }]) => [
        name,
        {
          ...(hostKey !== undefined && { hostKey }),
          ansible_connection: connection,
          ansible_host: '127.0.0.1',
          ansible_port: port,
          ansible_ssh_common_args: `${options} -o UserKnownHostsFile=${file} -o GlobalKnownHostsFile=none${jump === undefined ? '' : ` -o ProxyJump=${jump}`}`,
        },
      ],
    );
    writeFileSync(join(folder, 'hosts.yml'), JSON.stringify({ all: { hosts: Object.fromEntries(entries) } }));
  };
  const trust = (...more: readonly string[]) =>
    dabook(['trust', '-i', 'hosts.yml', ...more], { cwd: folder, env: { HOME: folder } });
  const fingerprintOf = (path: string) =>
    execFileSync('ssh-keygen', ['-lf', path], { encoding: 'utf8' }).split(' ')[1] ?? '';
  return { folder, file, hosts, trust, fingerprintOf };
}

t.test('new keys are shown, and written when confirmed', { skip: cannotRun }, async (t) => {
  const [one, two] = [await startSshd(t, keys), await startSshd(t, keys)];
  const { folder, file, hosts, trust, fingerprintOf } = place(t);
  hosts({ one, two });

  const shown = await trust();
  t.equal(shown.status, 3, 'nobody can be asked');
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    t.match(shown.stdout, fingerprintOf(join(keys.dir, `host_${type}.pub`)), `the ${type} key is shown`);
  }
  t.match(shown.stderr, '--yes');
  t.notOk(existsSync(file), 'nothing is written');

  // A comment that is no UTF-8, and no newline at its end.
  const before = Buffer.from('# kept \xff\nelsewhere ssh-ed25519 AAAA', 'latin1');
  writeFileSync(join(folder, 'real'), before);
  chmodSync(join(folder, 'real'), 0o644);
  symlinkSync('real', file);
  const done = await trust('--yes');
  t.equal(done.status, 0, done.stderr);
  t.match(done.stdout, /6 keys written/);
  const after = readFileSync(join(folder, 'real'));
  t.same(after.subarray(0, before.length), before, 'what was there stays byte for byte');
  const lines = after.toString('latin1').split('\n').slice(2);
  t.same(lines, [
    ...[one, two].flatMap(({ port }) =>
      (['ed25519', 'ecdsa', 'rsa'] as const).map((type) => `[127.0.0.1]:${port} ${hostKey(keys, type)}`),
    ),
    '',
  ]);
  t.equal(statSync(file).mode & 0o777, 0o644);
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('.dabook')),
    [],
    'no draft is left',
  );
  const found = execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${one.port}`, '-f', file], {
    encoding: 'utf8',
  });
  t.match(found, 'found', 'OpenSSH finds it');

  const again = await trust();
  t.equal(again.status, 0);
  t.match(again.stdout, /^2 hosts known\n$/);
  t.same(readFileSync(join(folder, 'real')), after);
});

t.test('a key that has changed or is revoked', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys);
  const { file, hosts, trust } = place(t);
  hosts({ one: { port } });
  const other = hostKey(makeKeys(t), 'ed25519');
  const name = `[127.0.0.1]:${port}`;
  writeFileSync(file, `web,${name} ${other}\n# last\n`);

  const changed = await trust('--yes');
  t.equal(changed.status, 1);
  t.match(changed.stdout, /ED25519 SHA256:\S+ +changed; known by \S+known:1/);
  t.match(changed.stderr, '--replace');
  t.match(readFileSync(file, 'utf8'), `web,${name} ${other}\n# last\n`, 'it is not trusted');

  const replaced = await trust('--yes', '--replace');
  t.equal(replaced.status, 0, replaced.stderr);
  t.match(
    readFileSync(file, 'utf8'),
    new RegExp(`^web ${other.replace(/[+/]/g, '\\$&')}\n# last\n`),
    'the other name stays',
  );
  t.equal((await trust()).status, 0);

  writeFileSync(file, `@revoked ${name} ${hostKey(keys, 'ed25519')}\n`);
  const revoked = await trust('--yes');
  t.equal(revoked.status, 1);
  t.match(revoked.stdout, /ED25519 SHA256:\S+ +revoked/);
});

t.test('a host that shows a wrong key is trusted by no other', { skip: cannotRun }, async (t) => {
  const [bad, good] = [await startSshd(t, keys), await startSshd(t, keys)];
  const { file, hosts, trust } = place(t);
  hosts({ bad: { port: bad.port }, good: { port: good.port } });
  const name = `[127.0.0.1]:${bad.port}`;
  const others = makeKeys(t);
  for (const [state, line, ways] of [
    ['changed', `${name} ${hostKey(others, 'ed25519')}`, [['--yes']]],
    ['revoked', `@revoked ${name} ${hostKey(keys, 'ed25519')}`, [['--yes'], ['--yes', '--replace']]],
  ] as const) {
    for (const way of ways) {
      writeFileSync(file, `${line}\n`);
      const done = await trust(...way);
      t.equal(done.status, 1, done.stderr);
      t.match(done.stdout, state);
      t.match(done.stdout, '3 keys written', 'the other host is trusted');
      const after = readFileSync(file, 'utf8');
      t.equal(after.split(name).length - 1, 1, state);
    }
  }
});

t.test('keys of a list of those that are revoked', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys);
  const { folder, file, hosts, trust } = place(t);
  const list = join(folder, 'revoked');
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  const config = join(folder, '.ssh/config');
  writeFileSync(config, `RevokedHostKeys ${list}\n`);
  // The ssh program asks the system for the home directory.
  hosts({ one: { port, options: `-F ${config}` } });
  const unread = await trust('--yes');
  t.equal(unread.status, 4);
  t.match(unread.stderr, 'which host keys are revoked cannot be read');
  writeFileSync(list, `${hostKey(keys, 'rsa')}\n`);
  const revoked = await trust('--yes', '--replace');
  t.equal(revoked.status, 1, revoked.stderr);
  t.match(revoked.stdout, /RSA SHA256:\S+ +revoked/);
  t.notOk(existsSync(file), 'nothing is written');
  writeFileSync(list, `${hostKey(makeKeys(t), 'rsa')}\n`);
  t.equal((await trust('--yes')).status, 0);
});

t.test('a port that has a key of its own', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys, ['HostKeyAlgorithms ssh-ed25519']);
  const { file, hosts, trust } = place(t);
  hosts({ one: { port } });
  const plain = `127.0.0.1 ${hostKey(keys, 'ed25519')}\n`;
  writeFileSync(file, plain);
  t.equal((await trust()).stdout, '1 host known\n');
  writeFileSync(file, `${plain}[127.0.0.1]:${port} ${hostKey(makeKeys(t), 'ed25519')}\n`);
  t.match((await trust('--yes')).stdout, /changed; known by \S+known:2/);
});

t.test('a host that is known by another type of key', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys, ['HostKeyAlgorithms rsa-sha2-512']);
  const { file, hosts, trust } = place(t);
  hosts({ one: { port } });
  const before = `[127.0.0.1]:${port} ${hostKey(makeKeys(t), 'ed25519')}\n`;
  writeFileSync(file, before);
  const asked = await trust();
  t.equal(asked.status, 3, 'it may be trusted at a terminal');
  t.match(asked.stderr, '--yes --replace');
  const done = await trust('--yes');
  t.equal(done.status, 1);
  t.match(done.stdout, /RSA SHA256:\S+ +new; known by another type of key: \S+known:1/);
  t.match(done.stderr, '--replace');
  t.equal(readFileSync(file, 'utf8'), before);
  t.equal((await trust('--yes', '--replace')).status, 0);
  t.equal(readFileSync(file, 'utf8'), `[127.0.0.1]:${port} ${hostKey(keys, 'rsa')}\n`);
});

t.test('a key that is replaced is forgotten in every file', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys, ['HostKeyAlgorithms ssh-ed25519']);
  const { folder, file, hosts, trust } = place(t);
  const second = join(folder, 'known2');
  hosts({ one: { port, options: `-o 'UserKnownHostsFile="${file}" "${second}"'` } });
  const old = hostKey(makeKeys(t), 'ed25519');
  writeFileSync(file, `[127.0.0.1]:${port} ${old}\n`);
  writeFileSync(second, `# two\n*,!bad ${old}\n`);
  const done = await trust('--yes', '--replace');
  t.equal(done.status, 0, done.stderr);
  t.equal(readFileSync(file, 'utf8'), `[127.0.0.1]:${port} ${hostKey(keys, 'ed25519')}\n`);
  t.equal(readFileSync(second, 'utf8'), `# two\n*,!bad,![127.0.0.1]:${port} ${old}\n`);
  const found = spawnSync('ssh-keygen', ['-F', `[127.0.0.1]:${port}`, '-f', second]);
  t.equal(found.status, 1, 'OpenSSH finds it no longer');
  t.match(execFileSync('ssh-keygen', ['-F', 'other', '-f', second], { encoding: 'utf8' }), 'found: line 2');
});

t.test('a device stays one', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys);
  const { file, hosts, trust } = place(t);
  hosts({ one: { port } });
  // As /dev/null.
  const made = spawnSync('mknod', [file, 'c', '1', '3']);
  if (made.status !== 0) return t.pass('not run', { skip: 'no devices can be made here' });
  const done = await trust('--yes');
  t.equal(done.status, 2, done.stderr);
  t.match(done.stderr, /no host key can be kept in \S+known: it is no regular file/);
  t.ok(statSync(file).isCharacterDevice());
});

t.test('names of one host, and hosts of one name', { skip: cannotRun }, async (t) => {
  const other = makeKeys(t);
  const [one, two] = [await startSshd(t, keys), await startSshd(t, other)];
  const { file, hosts, trust, fingerprintOf } = place(t);
  hosts({ first: one, second: one, third: one });
  const shown = await trust('--yes');
  t.match(shown.stdout, /^first \(.*\) and 2 more names +ED25519 /, shown.stdout);
  t.match(shown.stdout, /\n3 keys written/, 'once');

  rmSync(file);
  const options = '-o HostKeyAlias=pool';
  hosts({ first: { ...one, options }, second: { ...two, options } });
  const both = await trust('--yes');
  t.equal(both.status, 0, both.stderr);
  for (const { dir } of [keys, other]) {
    t.match(both.stdout, fingerprintOf(join(dir, 'host_ed25519.pub')), 'that of each machine');
  }
  t.match((await trust()).stdout, /^2 hosts known/, 'each is trusted by what it showed');
});

t.test('a jump host comes first', { skip: cannotRun }, async (t) => {
  const [jump, behind] = [await startSshd(t, keys), await startSshd(t, keys)];
  const { folder, file, hosts, trust } = place(t);
  hosts({ behind: { port: behind.port, jump: `root@127.0.0.1:${jump.port}` } });
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  copyFileSync(keys.ed25519, join(folder, '.ssh/id_ed25519'));
  const done = await trust('--yes');
  t.equal(done.status, 0, done.stderr);
  // The jump host is none of the inventory's: it is trusted where the ssh configuration says.
  const own = readFileSync(join(folder, '.ssh/known_hosts'), 'utf8');
  t.match(own, `[127.0.0.1]:${jump.port} ${hostKey(keys, 'ed25519')}\n`);
  t.notMatch(own, `:${behind.port}`);
  t.match(readFileSync(file, 'utf8'), `[127.0.0.1]:${behind.port} ${hostKey(keys, 'ed25519')}\n`);
});

t.test('hosts that show no key', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys);
  const { hosts, trust } = place(t);
  hosts({ one: { port }, gone: { port: await freePort() } });
  const done = await trust('--yes');
  t.equal(done.status, 4);
  t.match(done.stderr, /gone .*refused the connection/);
  t.match(done.stdout, /3 keys written/, 'the others are written');
});

t.test('hosts whose keys the inventory pins are compared', { skip: cannotRun }, async (t) => {
  const [one, two] = [await startSshd(t, keys), await startSshd(t, keys)];
  const { file, hosts, trust, fingerprintOf } = place(t);
  const print = fingerprintOf(join(keys.dir, 'host_rsa.pub'));
  hosts({
    one: { port: one.port, hostKey: hostKey(keys, 'ed25519') },
    two: { port: two.port, hostKey: print },
  });
  const same = await trust('--yes');
  t.equal(same.status, 0, same.stderr);
  t.equal(same.stdout, '2 hosts pinned in the inventory\n');
  t.notOk(existsSync(file), 'nothing is written');

  const others = makeKeys(t);
  hosts({ one: { port: one.port, hostKey: hostKey(others, 'ed25519') }, two: { port: two.port } });
  const wrong = await trust('--yes', '--replace');
  t.equal(wrong.status, 1);
  const pinned = fingerprintOf(join(others.dir, 'host_ed25519.pub'));
  t.match(wrong.stdout, `not pinned; pinned: ED25519 ${pinned} (hosts.yml:1)`);
  t.match(wrong.stderr, 'none of the keys that the inventory pins');
  t.notMatch(readFileSync(file, 'utf8'), `:${one.port}`, 'it is not trusted');
  t.match(wrong.stdout, '3 keys written', 'the other host is');

  writeFileSync(file, `@revoked * ${hostKey(keys, 'ed25519')}\n`);
  hosts({ one: { port: one.port, hostKey: hostKey(keys, 'ed25519') } });
  const revoked = await trust('--yes');
  t.equal(revoked.status, 1);
  t.match(revoked.stdout, /ED25519 SHA256:\S+ +revoked/);
});

t.test('hosts that ssh itself connects to', { skip: cannotRun }, async (t) => {
  const { port } = await startSshd(t, keys);
  const { file, hosts, trust } = place(t);
  hosts({ one: { port, connection: 'openssh' } });
  writeFileSync(file, `@cert-authority * ${hostKey(makeKeys(t), 'ed25519')}\n`);
  const certified = await trust('--yes');
  t.equal(certified.stdout, '1 host known by a @cert-authority\n');
  writeFileSync(file, '');
  t.match((await trust('--yes')).stdout, '3 keys written');
});
