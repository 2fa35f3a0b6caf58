import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DabookError } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput, Place } from './channel.ts';
import { createFrameReader, type Frame } from './frame-reader.ts';
import type { ExecOptions, ExecResult } from './session.ts';
import { frameOf, residentScript } from './shell-script.ts';
import { usualOutput } from './too-much-output.ts';

export interface ResidentShellOptions {
  /** Starts a script on the host, as the user whose shell this is. */
  readonly start: (script: string, output: ChannelOutput) => Promise<Channel>;
  readonly place: Place;
  /** Told of each write that is waited for. */
  readonly onRoundTrip?: (() => void) | undefined;
  /** The most that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface ResidentShell {
  /** Runs a command. What is asked in one tick travels as one write; answers come in order. */
  exec(command: string, options: Omit<ExecOptions, 'become'>): Promise<ExecResult>;
  /** Ends the shell and rejects with this error what is under way and all that is asked later. */
  close(error: DabookError): void;
}

interface Job {
  readonly frame: readonly Buffer[];
  readonly maxOutput: number;
  readonly resolve: (result: ExecResult) => void;
  readonly reject: (error: unknown) => void;
  stdout?: Frame;
  stderr?: Frame;
}

/** A shell that runs, or is being started. */
interface Shell {
  readonly channel: Promise<Channel>;
  /** In order; the first of them is under way. */
  readonly sent: Job[];
  keySent: boolean;
}

/** Milliseconds that a shell which was let go of may take to end before another one is started. */
const patience = 3000;

/**
 * One POSIX shell on a host that stays for the whole session, opened when it is first used: a command costs
 * one round trip and no process but its own. A shell that is lost stays lost: whatever is asked of it
 * afterwards is rejected with the same error. Only one whose command wrote too much is ended on purpose, and
 * the next command gets another shell.
 *
 * A command that leaves a process behind must redirect that one's output, or it ends up in another's.
 */
export function createResidentShell(options: ResidentShellOptions): ResidentShell {
  const { place, onRoundTrip, maxBytes = usualOutput } = options;
  const key = randomBytes(16).toString('hex');
  const unsent: Job[] = [];
  let current: Shell | undefined;
  /** Of the shell before. */
  let ended: Promise<unknown> = Promise.resolve();
  let lost: unknown;

  const fail = (error: unknown) => {
    if (lost !== undefined) return;
    lost = error;
    current?.channel.then(
      (channel) => channel.destroy(),
      () => {},
    );
    for (const job of [...(current?.sent.splice(0) ?? []), ...unsent.splice(0)]) job.reject(error);
  };

  /** What a shell still does after its output is closed ends with the first word that it cannot tell. */
  const letGo = (shell: Shell, guilty: Job | undefined, error: unknown) => {
    current = undefined;
    ended = shell.channel.then((channel) => {
      channel.destroy();
      return Promise.race([channel.ended, sleep(patience, undefined, { ref: false })]);
    });
    for (const job of shell.sent.splice(0)) job.reject(job === guilty ? error : unheard(place));
  };

  const open = (): Shell => {
    const sent: Job[] = [];
    const reader = (which: 'stdout' | 'stderr') => {
      const reading = () => sent.find((job) => job[which] === undefined);
      const frames = createFrameReader(key, () => reading()?.maxOutput ?? maxBytes);
      return (bytes: Buffer) => {
        if (lost !== undefined || shell !== current) return;
        try {
          for (const frame of frames.push(bytes)) take(sent, which, frame);
        } catch (error) {
          letGo(shell, reading(), error);
        }
      };
    };
    const output = { stdout: reader('stdout'), stderr: reader('stderr') };
    const channel = ended.then(() => {
      if (lost !== undefined) throw lost;
      return options.start(residentScript, output);
    });
    const shell: Shell = { channel, sent, keySent: false };
    const onEnd = (end: ChannelEnd) => shell === current && fail(lostShell(place, end, sent.length));
    channel.then((opened) => opened.ended.then(onEnd), fail);
    return shell;
  };

  const flush = async () => {
    current ??= open();
    const shell = current;
    const channel = await shell.channel.catch(() => undefined);
    if (channel === undefined || lost !== undefined || unsent.length === 0) return;
    if (shell !== current) return flush();
    const jobs = unsent.splice(0);
    shell.sent.push(...jobs);
    onRoundTrip?.();
    const first = shell.keySent ? [] : [Buffer.from(`${key}\n`)];
    channel.write(Buffer.concat([...first, ...jobs.flatMap((job) => job.frame)]));
    shell.keySent = true;
  };

  return {
    exec(command, { stdin, maxOutput = maxBytes }) {
      return new Promise((resolve, reject) => {
        if (lost !== undefined) throw lost;
        unsent.push({ frame: frameOf(key, command, stdin), maxOutput, resolve, reject });
        if (unsent.length === 1) setImmediate(flush);
      });
    },
    close: fail,
  };
}

function take(sent: Job[], which: 'stdout' | 'stderr', frame: Frame): void {
  const job = sent.find((one) => one[which] === undefined);
  if (job === undefined) return;
  job[which] = frame;
  while (sent[0]?.stdout && sent[0].stderr) {
    const { stdout, stderr, resolve } = sent[0];
    sent.shift();
    resolve({ status: stdout.status, stdout: stdout.output, stderr: stderr.output });
  }
}

function unheard({ host }: Place): DabookError {
  return new DabookError('command', `${host} was not heard out: a command before wrote too much`, {
    hint: 'whether this one has been done is not known',
  });
}

function lostShell({ address }: Place, end: ChannelEnd, underWay: number): DabookError {
  const when =
    underWay > 0 ? ` while ${underWay === 1 ? 'a command was' : `${underWay} commands were`} under way` : '';
  return new DabookError('unreachable', `connection to ${address} lost${when}: ${reasonOf(end)}`, {
    hint: underWay > 0 ? 'whether what was under way has been done is not known' : undefined,
  });
}

function reasonOf(end: ChannelEnd): string {
  if (end.kind === 'lost') return end.reason;
  return end.kind === 'killed'
    ? `its shell was ended by ${end.signal}`
    : `its shell ended with status ${end.status}`;
}
