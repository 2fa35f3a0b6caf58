import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

const program = '/usr/sbin/sshd';

/** Why the tests with a real sshd cannot run here; false where they can. */
export const cannotRun =
  process.platform !== 'linux'
    ? 'needs Linux'
    : process.getuid?.() !== 0
      ? 'needs root, to start sshd'
      : !existsSync(program) && 'openssh-server is not installed';

export interface Sshd {
  readonly port: number;
  /** Folder of its keys, removed after the test. */
  readonly dir: string;
  /** Its log so far. */
  log(): string;
}

export interface Keys {
  readonly dir: string;
  readonly ed25519: string;
  readonly ecdsa: string;
  readonly rsa: string;
  /** As ed25519, with the passphrase `secret`. */
  readonly encrypted: string;
}

/** A folder with user keys, and with the host keys that all of a test's sshds show. */
export function makeKeys(t: Test): Keys {
  const dir = mkdtempSync(join(tmpdir(), 'dabook-ssh-'));
  // sshd reads authorized_keys as the user who logs in.
  chmodSync(dir, 0o755);
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const make = (name: string, type: string, passphrase = '') => {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', join(dir, name)]);
    return join(dir, name);
  };
  for (const type of ['ed25519', 'ecdsa', 'rsa']) make(`host_${type}`, type);
  const keys = {
    dir,
    ed25519: make('user_ed25519', 'ed25519'),
    ecdsa: make('user_ecdsa', 'ecdsa'),
    rsa: make('user_rsa', 'rsa'),
    encrypted: make('user_encrypted', 'ed25519', 'secret'),
  };
  const publicKeys = [keys.ed25519, keys.ecdsa, keys.rsa, keys.encrypted].map((file) =>
    readFileSync(`${file}.pub`, 'utf8'),
  );
  writeFileSync(join(dir, 'authorized_keys'), publicKeys.join(''));
  return keys;
}

/** The public half of a host key: `ssh-ed25519 AAAA…`. */
export function hostKey({ dir }: Keys, type: 'ed25519' | 'ecdsa' | 'rsa'): string {
  return readFileSync(join(dir, `host_${type}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Starts an sshd on the loopback interface and ends it after the test. */
export async function startSshd(t: Test, keys: Keys, settings: readonly string[] = []): Promise<Sshd> {
  const port = await freePort();
  const config = join(keys.dir, `sshd_${port}`);
  const home = join(keys.dir, 'home');
  mkdirSync(home, { recursive: true });
  const environment = settings.filter((line) => line.startsWith('SetEnv ')).map((line) => line.slice(7));
  writeFileSync(
    config,
    [
      ...settings,
      `ListenAddress 127.0.0.1:${port}`,
      ...['ed25519', 'ecdsa', 'rsa'].map((type) => `HostKey ${join(keys.dir, `host_${type}`)}`),
      `AuthorizedKeysFile ${join(keys.dir, 'authorized_keys')}`,
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'UsePAM no',
      'PidFile none',
      'LogLevel VERBOSE',
      // The last one counts of these, unlike of all the others.
      ...(settings.some((line) => line.startsWith('MaxStartups')) ? [] : ['MaxStartups 100']),
      // What root's own start-up files do, such as to wait for one another, is no part of a test. A SetEnv in a Match
      // stands for those above.
      'Match User root',
      ['SetEnv', `HOME=${home}`, ...environment].join(' '),
      '',
    ].join('\n'),
  );
  // Its own folder for privilege separation, which Debian makes when the service starts.
  const made = !existsSync('/run/sshd');
  if (made) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = spawn(program, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  t.teardown(async () => {
    const gone = new Promise((resolve) => sshd.once('exit', resolve));
    if (sshd.exitCode === null && sshd.kill('SIGTERM')) await gone;
    if (made) rmdirSync('/run/sshd');
  });
  await new Promise<void>((resolve, reject) => {
    sshd.once('exit', () => reject(new Error(`sshd ended: ${log}`)));
    sshd.stderr.on('data', (bytes: Buffer) => {
      log += bytes;
      if (bytes.includes('Server listening')) resolve();
    });
  });
  return { port, dir: keys.dir, log: () => log };
}

/** Makes a user for the time of a test, with a password. */
export function makeUser(t: Test, password: string, shell = '/bin/sh'): string {
  const name = `dabook${process.pid}`;
  const sudoers = `/etc/sudoers.d/${name}`;
  const home = mkdtempSync(join(tmpdir(), 'dabook-home-'));
  execFileSync('useradd', ['--no-create-home', '--home-dir', home, '--shell', shell, name], {
    stdio: 'pipe',
  });
  execFileSync('chown', [name, home]);
  t.teardown(() => {
    rmSync(sudoers, { force: true });
    execFileSync('userdel', ['--force', name], { stdio: 'pipe' });
    rmSync(home, { recursive: true, force: true });
  });
  execFileSync('chpasswd', { input: `${name}:${password}\n` });
  return name;
}

/** Lets a user do this by sudo; nothing where there is no rule. */
export function setSudo(user: string, rules: readonly string[]): void {
  const file = `/etc/sudoers.d/${user}`;
  rmSync(file, { force: true });
  if (rules.length > 0) writeFileSync(file, `${rules.join('\n')}\n`, { mode: 0o440 });
}
