import { randomBytes } from 'node:crypto';
import { DabookError } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput, Place } from './channel.ts';
import { createFrameReader, type Frame, type FrameReader } from './frame-reader.ts';
import type { ExecResult } from './session.ts';
import { frameOf, residentScript } from './shell-script.ts';

export interface ResidentShellOptions {
  /** Starts a script on the host, as the user whose shell this is. */
  readonly start: (script: string, output: ChannelOutput) => Promise<Channel>;
  readonly place: Place;
  /** Told of each write that is waited for. */
  readonly onRoundTrip?: (() => void) | undefined;
  /** The most that one command may write to stdout, and to stderr. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface ResidentShell {
  /** Runs a command. What is asked in one tick travels as one write; answers come in order. */
  exec(command: string, stdin?: Uint8Array): Promise<ExecResult>;
  /** Ends the shell and rejects with this error what is under way and all that is asked later. */
  close(error: DabookError): void;
}

interface Job {
  readonly frame: readonly Buffer[];
  readonly resolve: (result: ExecResult) => void;
  readonly reject: (error: unknown) => void;
  stdout?: Frame;
  stderr?: Frame;
}

/**
 * One POSIX shell on a host that stays for the whole session, opened when it is first used: a command costs
 * one round trip and no process but its own. A shell that is lost stays lost: whatever is asked of it
 * afterwards is rejected with the same error.
 *
 * A command that leaves a process behind must redirect that one's output, or it ends up in another's.
 */
export function createResidentShell(options: ResidentShellOptions): ResidentShell {
  const { place, onRoundTrip, maxBytes = 16 * 2 ** 20 } = options;
  const key = randomBytes(16).toString('hex');
  const unsent: Job[] = [];
  const sent: Job[] = [];
  let opening: Promise<Channel> | undefined;
  let keySent = false;
  let lost: unknown;

  const fail = (error: unknown) => {
    if (lost !== undefined) return;
    lost = error;
    opening?.then(
      (channel) => channel.destroy(),
      () => {},
    );
    for (const job of [...sent.splice(0), ...unsent.splice(0)]) job.reject(error);
  };

  const reader = (which: 'stdout' | 'stderr') => {
    const frames: FrameReader = createFrameReader(key, maxBytes);
    return (bytes: Buffer) => {
      if (lost !== undefined) return;
      try {
        for (const frame of frames.push(bytes)) take(which, frame);
      } catch (error) {
        sent.find((job) => job[which] === undefined)?.reject(error);
        fail(
          new DabookError('unreachable', `the shell of ${place.address} was ended: a command wrote too much`),
        );
      }
    };
  };

  const take = (which: 'stdout' | 'stderr', frame: Frame) => {
    const job = sent.find((one) => one[which] === undefined);
    if (job === undefined) return;
    job[which] = frame;
    while (sent[0]?.stdout && sent[0].stderr) {
      const { stdout, stderr, resolve } = sent[0];
      sent.shift();
      resolve({ status: stdout.status, stdout: stdout.output, stderr: stderr.output });
    }
  };

  const open = () => {
    opening = options.start(residentScript, { stdout: reader('stdout'), stderr: reader('stderr') });
    opening.then((channel) => channel.ended.then((end) => fail(lostShell(place, end, sent.length))), fail);
    return opening;
  };

  const flush = async () => {
    const channel = await (opening ?? open()).catch(() => undefined);
    if (channel === undefined || lost !== undefined || unsent.length === 0) return;
    const jobs = unsent.splice(0);
    sent.push(...jobs);
    onRoundTrip?.();
    channel.write(
      Buffer.concat([...(keySent ? [] : [Buffer.from(`${key}\n`)]), ...jobs.flatMap((job) => job.frame)]),
    );
    keySent = true;
  };

  return {
    exec(command, stdin) {
      return new Promise((resolve, reject) => {
        if (lost !== undefined) throw lost;
        unsent.push({ frame: frameOf(key, command, stdin), resolve, reject });
        if (unsent.length === 1) setImmediate(flush);
      });
    },
    close: fail,
  };
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
