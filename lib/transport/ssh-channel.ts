import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import { DabookError, messageOf } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput } from './channel.ts';
import { channelWriter } from './channel-writer.ts';

/** What opens channels. */
export interface Spawner {
  spawn(command: string): Promise<ClientChannel>;
}

const tries = 3;

/**
 * Runs a command on a channel of its own. sshd frees the place of a closed channel a little late: a channel that
 * it refuses is asked for again.
 * @param whyLost why the connection ended, asked when it did
 * @throws DabookError `lost` where the connection is over, `unreachable` where it opens no channel
 */
export async function openSshChannel(
  connection: Spawner,
  command: string,
  output: ChannelOutput,
  shown: string,
  whyLost: () => string,
): Promise<Channel> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return asChannel(await connection.spawn(command), output, whyLost);
    } catch (error) {
      const refused = error instanceof Error && /open failure/i.test(error.message);
      if (!refused) {
        throw new DabookError('lost', `connection to ${shown} lost: ${whyLost()}`, { cause: error });
      }
      if (attempt === tries) {
        throw new DabookError('unreachable', `${shown} opens no further channel: ${messageOf(error)}`, {
          hint: 'its sshd must allow seven sessions a connection: MaxSessions',
          cause: error,
        });
      }
      await sleep(100 * attempt);
    }
  }
}

function asChannel(stream: ClientChannel, output: ChannelOutput, whyLost: () => string): Channel {
  stream.on('data', output.stdout);
  stream.stderr.on('data', output.stderr);
  stream.on('error', () => {});
  // 'close' comes with what 'exit' had, and unlike that one always. Without anything the connection is lost.
  const closed = new Promise<ChannelEnd>((resolve) => {
    stream.once('close', (status?: number | null, signal?: string) => {
      if (typeof status === 'number') resolve({ kind: 'exited', status });
      else if (typeof signal === 'string') resolve({ kind: 'killed', signal });
      else resolve({ kind: 'lost', reason: whyLost() });
    });
  });
  const told = new Promise<void>((resolve) => stream.stderr.once('close', () => resolve()));
  return {
    write: channelWriter(stream, closed),
    end: () => void stream.end(),
    ended: Promise.all([closed, told]).then(([end]) => end),
    destroy: () => void stream.destroy(),
  };
}
