import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChannelEnd, OpenChannel } from '../../lib/transport/channel.ts';
import { channelWriter } from '../../lib/transport/channel-writer.ts';
import { createSession } from '../../lib/transport/create-session.ts';
import type { Session } from '../../lib/transport/session.ts';

/** The shells that a host's `sh` may be. */
export const shells = ['dash', 'bash', 'busybox', 'zsh'] as const;

/** A session with this machine whose `sh` is a certain program; its end ends all that was started in it. */
export interface ShellHost {
  readonly session: Session;
  close(): Promise<void>;
}

/** Where a shell is; undefined where it is not installed. */
export function whereIs(shell: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', shell]).toString().trim();
  } catch {
    return undefined;
  }
}

export function shellHost(program: string): ShellHost {
  const folder = mkdtempSync(join(tmpdir(), 'dabook-shell-'));
  const own = program.endsWith('busybox') ? ['sh', 'dd', 'cat', 'sleep', 'printf'] : ['sh'];
  for (const name of own) symlinkSync(program, join(folder, name));
  const started: number[] = [];
  const open: OpenChannel = async (command, output) => {
    const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, LC_ALL: 'C' };
    const child = spawn('/bin/sh', ['-c', command], { env, cwd: folder, detached: true });
    if (child.pid !== undefined) started.push(child.pid);
    child.stdout.on('data', output.stdout);
    child.stderr.on('data', output.stderr);
    child.stdin.on('error', () => {});
    const ended = new Promise<ChannelEnd>((done) => {
      child.once('exit', (status, signal) =>
        setTimeout(
          () => done(status === null ? { kind: 'killed', signal: `${signal}` } : { kind: 'exited', status }),
          50,
        ),
      );
    });
    const close = () => {
      child.stdin.end();
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 200).unref();
    };
    return {
      ended,
      write: channelWriter(child.stdin, ended),
      end: () => void child.stdin.end(),
      destroy: close,
    };
  };
  const place = { host: 'here', user: 'me', address: 'here' };
  const session = createSession({ open, place, disconnect: async () => {} });
  return {
    session,
    async close() {
      await session.close();
      for (const pid of started) {
        try {
          process.kill(-pid, 'SIGKILL');
        } catch {
          // Its group is over.
        }
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
