import { execFileSync, spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { secret } from '../../lib/secret.ts';
import type { ChannelEnd, OpenChannel } from '../../lib/transport/channel.ts';
import { channelWriter } from '../../lib/transport/channel-writer.ts';
import { createSession } from '../../lib/transport/create-session.ts';
import { canary } from '../canary/canary.ts';
import { contract, deadlines } from './contract.ts';

/** Runs commands the way sshd does: by `<login shell> -c <command>`. */
function openBy(loginShell: string, path: string, rc = ''): OpenChannel {
  return async (command, output) => {
    const child = spawn(loginShell, ['-c', `${rc}${command}`], {
      env: { PATH: path, HOME: '/' },
      detached: true,
    });
    child.stdout.on('data', output.stdout);
    child.stderr.on('data', output.stderr);
    child.stdin.on('error', () => {});
    const ended = new Promise<ChannelEnd>((resolve) => {
      child.once('close', (status, signal) => {
        if (status !== null) resolve({ kind: 'exited', status });
        else resolve({ kind: 'killed', signal: `${signal}` });
      });
    });
    return {
      ended,
      write: channelWriter(child.stdin, ended),
      end: () => void child.stdin.end(),
      destroy: () => void child.stdin.end(),
    };
  };
}

const place = { host: 'ha1', user: 'da', address: 'da@ha1:22' };
const sessionBy = (open: OpenChannel) => createSession({ open, place, disconnect: async () => {} });

/** Where a program is; undefined where it is not installed. */
function which(program: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`])
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

/** A folder whose `sh` is this program, and `dd` and the others too where it is busybox. */
function folderWith(t: Test, program: string): string {
  const folder = t.testdir({});
  const names = program.endsWith('busybox')
    ? ['sh', 'dd', 'cat', 'id', 'head', 'tr', 'sleep', 'seq']
    : ['sh'];
  for (const name of names) symlinkSync(program, join(folder, name));
  return `${folder}:/usr/bin:/bin`;
}

for (const shell of ['dash', 'bash', 'busybox']) {
  const program = which(shell);
  t.test(`sh is ${shell}`, { skip: program === undefined && 'not installed' }, async (t) => {
    const path = folderWith(t, program ?? '');
    await contract(t, async () => sessionBy(openBy('/bin/sh', path)));
    // The local transport does so with the sh of this machine.
    if (shell !== 'busybox') return;
    await t.test('deadlines', (t) => deadlines(t, async () => sessionBy(openBy('/bin/sh', path))));
  });
}

for (const shell of ['fish', 'zsh', 'tcsh', 'bash']) {
  const program = which(shell);
  t.test(`the login shell is ${shell}`, { skip: program === undefined && 'not installed' }, async (t) => {
    const session = sessionBy(openBy(program ?? '', '/usr/sbin:/usr/bin:/bin'));
    t.teardown(() => session.close());
    const stdin = Buffer.from('in\n');
    const { status, stdout, stderr } = await session.exec(
      "cat; echo \"it's\" '!' \\\\; echo err >&2; exit 4",
      { become: false, stdin },
    );
    t.strictSame([status, stdout.toString(), stderr.toString()], [4, "in\nit's ! \\\n", 'err\n']);
    const root = { skip: process.getuid?.() !== 0 && 'not root' };
    t.test('become', root, async (t) => {
      t.equal((await session.exec('id -u', { become: true })).stdout.toString(), '0\n');
    });
  });
}

t.test('start-up files that print, a shell that does not come', async (t) => {
  const noisy = sessionBy(openBy('/bin/sh', '/usr/bin:/bin', 'echo Welcome; echo "stty: no tty" >&2; '));
  t.teardown(() => noisy.close());
  const result = await noisy.exec('echo only', { become: false });
  t.strictSame([result.stdout.toString(), result.stderr.toString()], ['only\n', '']);

  const none = sessionBy(openBy('/bin/sh', '/usr/bin:/bin', 'echo This account is not available; exit 1; '));
  await t.rejects(none.exec('true', { become: false }), {
    code: 'unreachable',
    message: /^ha1 gave da no shell \(status 1\): This account is not available$/,
  });
});

t.test('what is left of a frame that came apart is not run', async (t) => {
  const folder = t.testdir({});
  let write: (bytes: Buffer) => Promise<void> = async () => {};
  const inner = openBy('/bin/sh', '/usr/bin:/bin');
  const session = sessionBy(async (command, output) => {
    const channel = await inner(command, output);
    write = channel.write;
    return channel;
  });
  t.teardown(() => session.close());
  await session.exec('true', { become: false });
  await write(Buffer.from(`touch ${folder}/run\n; touch ${folder}/run\n0123 touch ${folder}/run\n`));
  t.equal((await session.exec(`ls ${folder}`, { become: false })).stdout.toString(), '');
});

t.test(
  'with a password a second sudo is started once the first is through, and not at all where it is not',
  async (t) => {
    const password = canary('sudo password');
    const scripted = () => {
      const sudos: { written: string; prompt: () => void; start: () => void }[] = [];
      const open: OpenChannel = async (command, output) => {
        const nonce = /dabook-[0-9a-f]{16}/.exec(command)?.[0];
        const sudo = {
          written: '',
          prompt: () => output.stderr(Buffer.from(`${nonce}:password:`)),
          start: () => {
            output.stdout(Buffer.from(`\n${nonce}:ready\n`));
            output.stderr(Buffer.from(`\n${nonce}:ready\n`));
          },
        };
        sudos.push(sudo);
        const write = async (bytes: Buffer) => {
          sudo.written += bytes.toString();
        };
        return { write, end() {}, destroy() {}, ended: new Promise<never>(() => {}) };
      };
      const becomePassword = secret('sudo password', password);
      const session = createSession({ open, place, becomePassword, disconnect: async () => {} });
      t.teardown(() => session.close());
      const asked = [
        session.exec('true', { become: true }),
        session.docker({ method: 'GET', path: '/info' }, { become: true }),
      ];
      return { sudos, answers: Promise.allSettled(asked) };
    };
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    const passwords = ({ sudos }: ReturnType<typeof scripted>) =>
      sudos.map((one) => one.written.split('\n')[0]);

    const right = scripted();
    await turn();
    right.sudos[0]?.prompt();
    await turn();
    t.strictSame(passwords(right), [password], 'two that ask at once would wait for each other');
    right.sudos[0]?.start();
    await turn();
    right.sudos[1]?.prompt();
    await turn();
    t.strictSame(passwords(right), [password, password]);

    const wrong = scripted();
    await turn();
    for (const sudo of [...wrong.sudos, ...wrong.sudos.slice(0, 1)]) sudo.prompt();
    t.match(await wrong.answers, [
      { status: 'rejected', reason: { code: 'become', message: /wrong sudo password/ } },
      { status: 'rejected', reason: { code: 'become', message: /wrong sudo password/ } },
    ]);
    t.strictSame(passwords(wrong), [password], 'a wrong password is sent once');
  },
);
