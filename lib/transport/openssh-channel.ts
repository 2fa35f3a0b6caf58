import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { DabookError } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput } from './channel.ts';
import { channelWriter } from './channel-writer.ts';
import type { OpensshMaster } from './openssh-master.ts';

/** The connection that a channel is opened on. */
export interface OpensshWay {
  readonly master: OpensshMaster;
  /** The control socket. */
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
  /** As messages name the host. */
  readonly shown: string;
}

const tries = 3;
/** Milliseconds in which a channel that was refused is told so; one that is silent for longer is taken for open. */
const silence = 1000;
/** Milliseconds that the end of the connection may be told later than that of a channel on it. */
const patience = 500;
/** The status of ssh where the connection failed, and of no command in a shell that dabook starts. */
const failed = 255;

/**
 * Runs a command on a channel of its own, by a further ssh that hands its pipes to the one which is connected. sshd frees
 * the place of a closed channel a little late: a channel that it refuses is asked for again.
 * @throws DabookError `lost` where the connection is over, `unreachable` where it opens no channel
 */
export async function openOpensshChannel(
  way: OpensshWay,
  command: string,
  output: ChannelOutput,
): Promise<Channel> {
  for (let attempt = 1; ; attempt += 1) {
    const { channel, refusal } = start(way, command, output);
    const why = await refusal;
    if (why === undefined) return channel;
    const end = await channel.ended;
    if (end.kind === 'lost') throw new DabookError('lost', `connection to ${way.shown} lost: ${end.reason}`);
    if (attempt === tries) {
      throw new DabookError('unreachable', `${way.shown} opens no further channel: ${why}`, {
        hint: 'its sshd must allow seven sessions a connection: MaxSessions',
      });
    }
    await sleep(100 * attempt);
  }
}

function start(
  { master, socket, env }: OpensshWay,
  command: string,
  output: ChannelOutput,
): { readonly channel: Channel; readonly refusal: Promise<string | undefined> } {
  const args = [
    ...['-F', '/dev/null', '-T', '-e', 'none', '-S', socket],
    // Where the connection is gone, ssh would make one of its own, without any of the settings of the first.
    ...['ControlMaster=no', 'BatchMode=yes', 'LogLevel=ERROR', 'ProxyCommand=false'].flatMap((one) => [
      '-o',
      one,
    ]),
    ...['--', 'dabook.invalid', command],
  ];
  const child = spawn('ssh', args, { detached: true, stdio: 'pipe', env });
  const { stdin, stdout, stderr } = child;
  stdin.on('error', () => {});
  let said = '';
  let heard: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  stdout.on('data', (bytes: Buffer) => {
    heard();
    output.stdout(bytes);
  });
  stderr.on('data', (bytes: Buffer) => {
    if (said.length < 1024) said += bytes.toString();
    if (!/^mux_client|^Control socket|^ssh_exchange|^kex_exchange/.test(said)) heard();
    output.stderr(bytes);
  });

  let destroyed = false;
  let reason: string | undefined;
  master.ended.then((why) => {
    reason = why;
  });
  const closed = new Promise<number | null>((resolve) => {
    child.once('close', (status) => resolve(status));
    child.once('error', () => resolve(null));
  });
  const ended = closed.then(async (status): Promise<ChannelEnd> => {
    if (status !== null && status !== failed) return { kind: 'exited', status };
    if (!destroyed) await Promise.race([master.ended, sleep(patience, undefined, { ref: false })]);
    if (reason !== undefined) return { kind: 'lost', reason };
    return status === null ? { kind: 'lost', reason: 'its ssh was ended' } : { kind: 'exited', status };
  });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const channel: Channel = {
    write: channelWriter(stdin, ended),
    end: () => void stdin.end(),
    ended,
    destroy() {
      if (destroyed) return;
      destroyed = true;
      stdin.destroy();
      kill('SIGTERM');
      setTimeout(kill, patience, 'SIGKILL').unref();
    },
  };
  const refused = closed.then((status) =>
    status === failed || status === null ? said.trim().split('\n').at(-1) || 'ssh said nothing' : undefined,
  );
  const opened = Promise.race([first, sleep(silence, undefined, { ref: false })]).then(() => undefined);
  return { channel, refusal: Promise.race([refused, opened]) };
}
