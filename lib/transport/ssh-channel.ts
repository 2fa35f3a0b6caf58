import type { ClientChannel } from 'ssh2';
import type { Channel, ChannelEnd, ChannelOutput } from './channel.ts';

/**
 * An exec channel of ssh2 as a channel.
 * @param whyLost why the connection ended, asked when it did
 */
export function sshChannel(stream: ClientChannel, output: ChannelOutput, whyLost: () => string): Channel {
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
    write: (bytes) => void stream.write(bytes),
    end: () => void stream.end(),
    ended: Promise.all([closed, told]).then(([end]) => end),
    destroy: () => void stream.destroy(),
  };
}
