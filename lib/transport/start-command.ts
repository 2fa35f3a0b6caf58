import { randomBytes } from 'node:crypto';
import { DabookError } from '../errors.ts';
import { posixQuote } from '../posix-quote.ts';
import { reveal, type Secret } from '../secret.ts';
import { becomeFault, noPassword, wrongPassword } from './become-fault.ts';
import type { Channel, ChannelEnd, ChannelOutput, OpenChannel, Place } from './channel.ts';
import { untilSign } from './until-sign.ts';

export interface StartOptions {
  readonly open: OpenChannel;
  readonly place: Place;
  /** A script for `sh`, with nothing in it that a login shell would change: no single quote, newline or `!`. */
  readonly script: string;
  /** Run it as root: through sudo, unless the login user is root already. */
  readonly become: boolean;
  /** A shell condition under which the login user does without root; written as the script is. None by default. */
  readonly unless?: string | undefined;
  readonly password?: Secret | undefined;
  /** Milliseconds that login shell and sudo may take. Default 30 000. */
  readonly timeout?: number | undefined;
  /** Gives up with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A script that runs. */
export interface StartedCommand extends Channel {
  /** It was asked to run as root, and does. */
  readonly asRoot: boolean;
}

/**
 * Starts a script on a host and settles once it runs. Its output begins there: what the login shell's
 * start-up files and sudo print before is left out. Costs no round trip, since the sign comes right after
 * the host's word that the channel is open. A password is sent when sudo has asked for it, and not before.
 * @throws DabookError `become` where sudo refuses; `unreachable` where no shell starts; `lost` with the connection
 */
export function startCommand(options: StartOptions, output: ChannelOutput): Promise<StartedCommand> {
  const { become, place, password, timeout = 30_000, signal } = options;
  const nonce = `dabook-${randomBytes(8).toString('hex')}`;
  const sign = Buffer.from(`\n${nonce}:ready\n`);
  const prompt = `${nonce}:password:`;
  const plain = `${nonce}:plain`;
  const stdout = untilSign(sign, output.stdout);
  const stderr = untilSign(sign, output.stderr);

  return new Promise((resolve, reject) => {
    let channel: Channel | undefined;
    let asked = 0;
    let isOver = false;
    const settle = (error?: unknown) => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      if (error === undefined && channel)
        return resolve({ ...channel, asRoot: become && !stderr.said.includes(plain) });
      channel?.destroy();
      reject(error);
    };
    const giveUp = () => settle(signal?.reason);
    signal?.addEventListener('abort', giveUp);
    const timer = setTimeout(() => settle(noShell(options, stdout.said, stderr.said, timeout)), timeout);
    const look = () => {
      if (channel === undefined) return;
      if (stdout.seen && stderr.seen) return settle();
      const prompts = stderr.said.split(prompt).length - 1;
      if (prompts <= asked) return;
      asked = prompts;
      if (asked > 1) return settle(wrongPassword(place));
      if (password === undefined) return settle(noPassword(place));
      channel.write(Buffer.from(`${reveal(password)}\n`));
    };
    const heard = (to: typeof stdout) => (bytes: Buffer) => {
      const before = to.seen;
      to.push(bytes);
      if (!before) look();
    };
    const onEnd = (end: ChannelEnd) => {
      if (!stdout.seen || !stderr.seen)
        settle(
          ended(options, end, stdout.said, stderr.said.replaceAll(prompt, '').replaceAll(`${plain}\n`, '')),
        );
    };
    options
      .open(commandLine(options, nonce, { prompt, plain }), { stdout: heard(stdout), stderr: heard(stderr) })
      .then((opened) => {
        // Nobody waits for it any more.
        if (isOver || signal?.aborted) return opened.destroy();
        channel = opened;
        opened.ended.then(onEnd);
        look();
      }, settle);
  });
}

function commandLine(
  { script, become, unless }: StartOptions,
  nonce: string,
  { prompt, plain }: { readonly prompt: string; readonly plain: string },
): string {
  const sign = 'printf "\\n%s:ready\\n" "$1"; printf "\\n%s:ready\\n" "$1" >&2; shift';
  const words = `sh -c ${posixQuote(`${sign}; ${script}`)} sh ${nonce}`;
  if (!become) return words;
  const spared = unless === undefined ? '' : `if ${unless}; then echo ${plain} >&2; exec "$@"; fi; `;
  const root = `if [ "$(id -u)" = 0 ]; then exec "$@"; fi; ${spared}exec sudo -H -S -p "$0" "$@"`;
  return `sh -c ${posixQuote(root)} ${prompt} ${words}`;
}

function ended(options: StartOptions, end: ChannelEnd, stdout: string, stderr: string): DabookError {
  const { become, place } = options;
  if (end.kind === 'lost') {
    return new DabookError('lost', `connection to ${place.address} was lost: ${end.reason}`);
  }
  if (become && end.kind === 'exited') return becomeFault(place, end.status, stderr);
  const said = `${stderr}${stdout}`.trim().split('\n').slice(-3).join('; ');
  const how = end.kind === 'exited' ? `status ${end.status}` : end.signal;
  return new DabookError(
    'unreachable',
    `${place.host} gave ${place.user} no shell (${how}): ${said || 'it said nothing'}`,
    { hint: `dabook needs a login shell that can run sh for ${place.user} there` },
  );
}

function noShell(
  { become, place }: StartOptions,
  stdout: string,
  stderr: string,
  timeout: number,
): DabookError {
  const said = `${stderr}${stdout}`.trim().split('\n').slice(-3).join('; ');
  return new DabookError(
    become ? 'become' : 'unreachable',
    `${place.host} gave ${place.user} no ${become ? 'root shell' : 'shell'} within ${timeout / 1000} s; it said: ${said || 'nothing'}`,
    {
      hint: become
        ? 'sudo asks for something that dabook cannot answer'
        : `look at the start-up files of the login shell of ${place.user}`,
    },
  );
}
