import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DabookError } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput, Place } from './channel.ts';
import { createFrameReader } from './frame-reader.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { pastDeadline } from './past-deadline.ts';
import type { ExecOptions, ExecResult } from './session.ts';
import { lostShell, unheard } from './shell-fault.ts';
import { answer, type ShellJob } from './shell-job.ts';
import { frameOf, residentScript } from './shell-script.ts';
import { stdinPieces } from './stdin-pieces.ts';
import { createTimeLimit, type TimeLimit } from './time-limit.ts';
import { usualOutput } from './too-much-output.ts';
import type { Trips } from './trips.ts';

export interface ResidentShellOptions {
  /** Starts a script on the host, as the user whose shell this is. */
  readonly start: (script: string, output: ChannelOutput) => Promise<Channel>;
  readonly place: Place;
  readonly trips: Trips;
  /** The most that one command may write to stdout, and to stderr, unless it asks for more. Default 16 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface ResidentShell {
  /** Runs a command. What is asked in one tick travels as one write; answers come in order. */
  exec(command: string, options: Omit<ExecOptions, 'become'>): Promise<ExecResult>;
  /** Ends the shell and rejects with this error what is under way and all that is asked later. */
  close(error: DabookError): void;
}

/** A shell that runs, or is being started. */
interface Shell {
  readonly channel: Promise<Channel>;
  /** In order; the first of them is under way, the last may still be written. */
  readonly sent: ShellJob[];
  keySent: boolean;
  writing: boolean;
  /** It takes no more: the stdin of the last of the sent could not be read to its end. */
  ending: boolean;
  /** Watches the first of the sent. */
  readonly limit: TimeLimit;
}

/** Milliseconds that a shell which was let go of may take to end before another one is started. */
const patience = 3000;
/** Bytes of stdin that are written at once where it matters when they were taken: a slow line takes its time. */
const smallPiece = 2 ** 16;
/** Milliseconds between two looks at a shell that is being let go of. */
const turn = 10;

/**
 * One POSIX shell on a host that stays for the whole session, opened when it is first used: a command costs
 * one round trip and no process but its own. A shell that is lost stays lost: whatever is asked of it
 * afterwards is rejected with the same error. Only one whose command wrote too much or took too long, or whose stdin
 * came apart, is ended on purpose, and the next command gets another shell. What was sent behind that one is rejected
 * and not sent again: the shell may have read and begun it before it hears that nobody listens any more.
 *
 * A command that leaves a process behind must redirect that one's output, or it ends up in another's.
 */
export function createResidentShell(options: ResidentShellOptions): ResidentShell {
  const { place, trips, maxBytes = usualOutput } = options;
  const key = randomBytes(16).toString('hex');
  const unsent: ShellJob[] = [];
  let current: Shell | undefined;
  /** Of the shell before. */
  let ended: Promise<unknown> = Promise.resolve();
  let lost: unknown;

  const fail = (error: unknown) => {
    if (lost !== undefined) return;
    lost = error;
    current?.limit.begin(undefined);
    current?.channel.then(
      (channel) => channel.destroy(),
      () => {},
    );
    for (const job of [...(current?.sent.splice(0) ?? []), ...unsent.splice(0)]) job.reject(error);
  };

  /** What a shell still does after its output is closed ends with the first word that it cannot tell. */
  const letGo = (shell: Shell) => {
    current = undefined;
    shell.limit.begin(undefined);
    ended = shell.channel.then((channel) => {
      channel.destroy();
      return Promise.race([channel.ended, sleep(patience, undefined, { ref: false })]);
    });
    for (const job of shell.sent.splice(0)) job.reject(job.fault ?? unheard(place));
    if (unsent.length > 0) flush();
  };

  const isHeard = (shell: Shell) => shell === current && lost === undefined;

  const open = (): Shell => {
    const sent: ShellJob[] = [];
    const limit = createTimeLimit((which, seconds) =>
      endFor(shell, sent[0], pastDeadline(which, seconds), patience),
    );
    const reader = (which: 'stdout' | 'stderr') => {
      const reading = () => sent.find((job) => job[which] === undefined);
      let cutOff = false;
      const frames = createFrameReader(key, () => reading()?.maxOutput ?? maxBytes);
      return (bytes: Buffer) => {
        if (cutOff || !isHeard(shell)) return;
        limit.heard();
        try {
          for (const frame of frames.push(bytes)) {
            const [first] = sent;
            answer(sent, which, frame);
            if (sent[0] !== first) limit.begin(sent[0]?.deadline);
          }
        } catch (error) {
          cutOff = true;
          endFor(shell, reading(), error, patience);
        }
      };
    };
    const output = { stdout: reader('stdout'), stderr: reader('stderr') };
    const channel = ended.then(() => {
      if (lost !== undefined) throw lost;
      return options.start(residentScript, output);
    });
    const shell: Shell = { channel, sent, keySent: false, writing: false, ending: false, limit };
    const onEnd = (end: ChannelEnd) => {
      if (shell === current && (!shell.ending || end.kind === 'lost'))
        fail(lostShell(place, end, sent.length));
    };
    channel.then((opened) => opened.ended.then(onEnd), fail);
    return shell;
  };

  const send = async (shell: Shell, job: ShellJob, outbox: Outbox) => {
    const { command, stdin, onProgress, deadline } = job;
    const size = stdin instanceof Uint8Array ? stdin.length || undefined : stdin?.size;
    const { head, tail } = frameOf(key, command, size);
    shell.sent.push(job);
    if (shell.sent.length === 1) shell.limit.begin(deadline);
    await outbox.add(head);
    if (stdin === undefined) return;
    try {
      let taken = 0;
      for await (const piece of stdinPieces(stdin, deadline?.idle === undefined ? undefined : smallPiece)) {
        await outbox.add(piece);
        if (!isHeard(shell) || shell.ending) return;
        if (shell.sent[0] === job) shell.limit.heard();
        taken += piece.length;
        onProgress?.(taken);
      }
      await outbox.add(tail);
    } catch (error) {
      await outbox.flush();
      endFor(shell, job, error, Number.POSITIVE_INFINITY);
    }
  };

  /**
   * Ends a shell because of a job, once what was sent before it is answered.
   * @param most milliseconds that this may take
   */
  const endFor = async (shell: Shell, guilty: ShellJob | undefined, error: unknown, most: number) => {
    shell.ending = true;
    if (guilty) guilty.fault ??= error;
    const channel = await shell.channel;
    channel.end();
    let left = most;
    let over = false;
    channel.ended.then(() => {
      over = true;
    });
    for (; !over && left > 0 && shell.sent[0] !== guilty && isHeard(shell); left -= turn) await sleep(turn);
    if (isHeard(shell)) letGo(shell);
  };

  const flush = async () => {
    current ??= open();
    const shell = current;
    const channel = await shell.channel.catch(() => undefined);
    if (channel === undefined || lost !== undefined || unsent.length === 0) return;
    if (shell !== current) return flush();
    if (shell.writing || shell.ending) return;
    shell.writing = true;
    const outbox = createOutbox(channel.write);
    if (!shell.keySent) await outbox.add(Buffer.from(`${key}\n`));
    shell.keySent = true;
    while (unsent.length > 0 && isHeard(shell) && !shell.ending) {
      for (const job of unsent.splice(0, 1)) await send(shell, job, outbox);
      if (unsent.length === 0) await outbox.flush();
    }
    shell.writing = false;
  };

  return {
    exec(command, { maxOutput = maxBytes, ...more }) {
      return new Promise((resolve, reject) => {
        if (lost !== undefined) throw lost;
        const trip = unsent[0]?.trip ?? trips.next();
        unsent.push({ ...more, command, maxOutput, trip, resolve, reject });
        if (unsent.length === 1) setImmediate(flush);
      });
    },
    close: fail,
  };
}
