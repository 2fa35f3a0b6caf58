import { DabookError } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput, OpenChannel } from './channel.ts';
import { channelWriter } from './channel-writer.ts';
import { createSession, type MeteredSession } from './create-session.ts';
import type { Target } from './session.ts';

export interface LocalOptions {
  /** Login name of who runs this, for messages. */
  readonly user: string;
  /** Environment of the commands. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Bytes that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxOutput?: number | undefined;
}

/** Milliseconds that a shell gets to end by itself, and that the rest of its output may take. */
const patience = 500;

/**
 * Runs commands on this machine, the way `ssh` does on others: by one resident shell a user, become by sudo.
 * @example const session = await createLocalTransport({ user: 'da' }).connect(target)
 */
export function createLocalTransport({ user, env, maxOutput }: LocalOptions): {
  connect(target: Target): Promise<MeteredSession>;
} {
  return {
    async connect({ name, becomePassword }) {
      const running = new Set<Channel>();
      const open: OpenChannel = async (command, output) => {
        const channel = await run(command, output, env);
        running.add(channel);
        channel.ended.then(() => running.delete(channel));
        return channel;
      };
      const disconnect = async () => {
        for (const channel of running) channel.destroy();
        await Promise.all([...running].map((channel) => channel.ended));
      };
      return createSession({
        open,
        disconnect,
        place: { host: name, user, address: 'this machine' },
        becomePassword,
        maxOutput,
      });
    },
  };
}

async function run(command: string, output: ChannelOutput, env: LocalOptions['env']): Promise<Channel> {
  const { $ } = await import('zx/core');
  const zx = $({
    ...(env && { env }),
    shell: '/bin/sh',
    prefix: '',
    quote: (text) => text,
    quiet: true,
    nothrow: true,
    detached: true,
    store: { stdout: forgetful(), stderr: forgetful(), stdall: forgetful() },
  });
  const running = zx`${command}`;
  const child = running.child;
  if (!child?.stdin || !child.stdout || !child.stderr)
    throw new DabookError('unreachable', 'no process can be started on this machine');
  child.stdout.on('data', output.stdout);
  child.stderr.on('data', output.stderr);
  // A shell that ends in the middle of a write is told by its end, not by this.
  child.stdin.on('error', () => {});

  let over = false;
  let destroyed = false;
  const ended = new Promise<ChannelEnd>((resolve) => {
    const settle = () => {
      if (over) return;
      over = true;
      child.stdout?.destroy();
      child.stderr?.destroy();
      const { exitCode, signalCode } = child;
      if (exitCode !== null) resolve({ kind: 'exited', status: exitCode });
      else
        resolve(
          signalCode === null
            ? { kind: 'lost', reason: 'sh cannot be started' }
            : { kind: 'killed', signal: signalCode },
        );
    };
    // A process left behind in the background may hold the output open for ever.
    child.once('exit', () => setTimeout(settle, patience).unref());
    child.once('close', settle);
    child.once('error', settle);
  });

  const kill = (signal: NodeJS.Signals) => {
    if (over || child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has just ended, or belongs to root and ends by the end of its stdin.
    }
  };
  return {
    write: channelWriter(child.stdin, ended),
    end: () => void child.stdin?.end(),
    ended,
    destroy() {
      if (destroyed) return;
      destroyed = true;
      child.stdin?.end();
      setTimeout(kill, patience, 'SIGTERM').unref();
      setTimeout(() => {
        kill('SIGKILL');
        // What belongs to root and goes on writing is ended by this alone.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, 4 * patience).unref();
    },
  };
}

/** zx keeps what a process prints, and this one lives as long as the run: it keeps nothing of it. */
function forgetful(): Buffer[] {
  return Object.assign([], { push: () => 0 });
}
