import PQueue from 'p-queue';
import type { Connections } from './connections.ts';
import { type Abortable, createAbortable, withDeadline } from './deadline.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Happening } from './events.ts';
import { faultOf } from './fault.ts';
import { createGathering, type Gathering } from './gathering.ts';
import type { Guard } from './guard.ts';
import type { AskEngine } from './lock/swarm-door.ts';
import { progressOf } from './progress.ts';
import type {
  DockerRequest,
  DockerResponse,
  ExecResult,
  Session,
  StdinStream,
  Target,
} from './transport/session.ts';
import { createTripCount } from './trip-count.ts';

/** Who asks a machine for something, and as whom. */
export interface Asker {
  readonly become: boolean;
  readonly purpose: 'fact' | 'step';
  /** The number of the task; none for a fact that the playbook reads by itself. */
  readonly task?: number | undefined;
  /** Bytes that a command may print; the connection's usual limit by default. */
  readonly maxOutput?: number | undefined;
}

/** What has been changed on a host, or foreseen to be. */
export interface Changes {
  /** Grows with each step that begins or ends, and with each state that is foreseen. */
  count: number;
  /** Steps that have begun and not ended. */
  underWay: number;
  /** When the host's lock was taken, by `performance.now()`: what was read before may be of another run's making. */
  lockedAt: number;
}

/** A host as the engine holds it: one connection for the whole run, one task at a time. */
export interface Machine {
  readonly name: string;
  /** States that check mode foresaw, by the key of their fact. */
  readonly foreseen: Map<string, unknown>;
  /** What is asked of it in one tick. */
  readonly gathering: Gathering;
  /** What was read before another change may not be so any more. */
  readonly changes: Changes;
  /** How often it has been waited for. */
  readonly roundTrips: number;
  /** Runs `work` when no other work of this machine runs. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  exec(command: string, asker: Asker, shown: string, stdin?: Uint8Array | StdinStream): Promise<ExecResult>;
  docker(request: DockerRequest, asker: Asker, shown: string): Promise<DockerResponse>;
  /**
   * Takes the lock of the host, where the run locks.
   * @throws DabookError `locked` when another run has it
   */
  lock(become: boolean): Promise<void>;
  /** Asks the Docker Engine of the host, for the run itself: no event tells of it. */
  engine(become: boolean): AskEngine;
  /** Gives it back. Never rejects. */
  unlock(): Promise<void>;
  /** Ends what is under way there, by process group, and gives up what cannot be ended so. Never rejects. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** A machine of a run, whose commands that read end with the run's signal. */
export interface RunMachine extends Machine {
  /** The same machine, for work that another signal ends. */
  under(signal: AbortSignal): RunMachine;
}

export interface MachineOptions {
  readonly target: Target;
  /** Watches over the host while steps are done there; none where nothing is locked. */
  readonly guard?: Guard | undefined;
  readonly connections: Connections;
  readonly emit: (event: Happening) => void;
  readonly nextCommand: () => number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** How often a question is asked when the connection is lost each time. */
const mostTries = 3;
/** Seconds that an Engine API call that only reads may take. */
const callDeadline = 60;
/** Seconds that a command that only reads may take. */
const commandDeadline = 300;

/** Makes a machine. Nothing is connected to before the first command. */
export function createMachine({
  target,
  guard,
  connections,
  emit,
  nextCommand,
  now,
  signal,
}: MachineOptions): RunMachine {
  const queue = new PQueue({ concurrency: 1 });
  const host = target.name;
  const line = connections.line(target, (seconds) => emit({ type: 'host.connected', host, seconds }));
  const changes: Changes = { count: 0, underWay: 0, lockedAt: 0 };
  const trips = createTripCount();
  // Told once; and what is still asked when the run ends is cut off on purpose.
  let tellsNoMore = false;
  let isClosed = false;
  let isStopped = false;

  function tellUnreachable(error: unknown): void {
    if (tellsNoMore || codeOf(error) !== 'unreachable') return;
    tellsNoMore = true;
    emit({ type: 'host.unreachable', host, fault: faultOf(error) });
  }

  type About = ReturnType<typeof about>;
  const about = (shown: string, asker: Asker) => ({
    host,
    ...(asker.task === undefined ? {} : { task: asker.task }),
    command: nextCommand(),
    purpose: asker.purpose,
    shown,
  });

  async function told<T extends { readonly status: number; readonly trip: number }>(
    shown: string,
    asker: Asker,
    run: Abortable,
    ask: (session: Session, which: About) => Promise<T>,
  ): Promise<T> {
    try {
      const which = about(shown, asker);
      // Before the connection is there, so that a view can show what a host is waited for.
      emit({ type: 'command.started', ...which });
      if (isClosed)
        throw new DabookError('playbook', `${host} was asked for something after the run had ended`);
      return await line.hold(() =>
        unlessLost(asker, run, async (session) => {
          const started = now();
          const answer = await answered(ask(session, which), asker, run, shown);
          const { status } = answer;
          const trip = trips.of(session, answer.trip);
          emit({ type: 'command.ended', ...which, status, seconds: (now() - started) / 1000, trip });
          return answer;
        }),
      );
    } catch (error) {
      tellUnreachable(error);
      throw error;
    }
  }

  /**
   * Asks on the host's connection, which is made again when it is lost. What only reads is then asked anew; of a step
   * nobody knows whether it was done, which its task finds out.
   */
  async function unlessLost<T>(
    { purpose, become }: Asker,
    run: Abortable,
    ask: (session: Session) => Promise<T>,
  ): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const session = await run.unlessAborted(line.session());
      try {
        if (guard !== undefined) await run.unlessAborted(guard.ready(session, become, purpose === 'step'));
        return await ask(session);
      } catch (error) {
        if (isStopped && purpose === 'step') throw endedByForce(host, error);
        if (codeOf(error) !== 'lost') throw error;
        const isNews = line.renew(session);
        if (isNews) guard?.lost(changes.underWay > 0 || purpose === 'step');
        if (isNews && !isClosed) emit({ type: 'host.lost', host, fault: faultOf(error) });
        if (purpose === 'step') throw error;
        if (tries === mostTries) throw lostForGood(error);
      }
    }
  }

  /** A step is waited for, come what may; what only reads, for so long, and not after an interrupt. */
  async function answered<T>(
    answer: Promise<T>,
    { purpose }: Asker,
    run: Abortable,
    shown: string,
  ): Promise<T> {
    if (purpose === 'step') {
      changes.count += 1;
      changes.underWay += 1;
      return answer.finally(() => {
        changes.count += 1;
        changes.underWay -= 1;
      });
    }
    const isCall = shown.startsWith('GET ');
    const seconds = isCall ? callDeadline : commandDeadline;
    const late = () => {
      const who = isCall ? `the Docker Engine of ${host}` : host;
      const hint = 'is it frozen, or short of memory or disk?';
      return commandFailed(`${who} did not answer within ${seconds} s`, shown, 0, '', hint);
    };
    // A command that reads waits in line behind a step, which may take its time.
    const unless = () => changes.underWay > 0;
    return withDeadline(run.unlessAborted(answer), { seconds, late, unless });
  }

  const foreseen = new Map<string, unknown>();
  const under = (signal: AbortSignal): RunMachine => {
    const run = createAbortable(signal);
    const gathering = createGathering();
    /** What only reads is asked once a tick, however many tasks want to know it. */
    function asked<T>(question: unknown, { purpose }: Asker, ask: () => Promise<T>): Promise<T> {
      if (purpose === 'step') gathering.forget();
      else if (question !== undefined) return gathering.once(JSON.stringify(question), ask);
      return ask();
    }
    return {
      name: host,
      foreseen,
      gathering,
      changes,
      get roundTrips() {
        return trips.all;
      },
      exclusively: (work) => queue.add(() => line.hold(work)),
      exec(command, asker, shown, stdin) {
        const { become, maxOutput } = asker;
        const ask = () =>
          told(shown, asker, run, (session, { purpose: _purpose, ...which }) => {
            const onProgress = progressOf(stdin, now, (sent, size) =>
              emit({ type: 'command.progress', ...which, sent, size }),
            );
            return session.exec(command, { become, stdin, maxOutput, onProgress });
          });
        return asked(stdin === undefined ? { command, become, maxOutput } : undefined, asker, ask);
      },
      docker: (request, asker, shown) =>
        asked({ request, become: asker.become }, asker, () =>
          told(shown, asker, run, (session) => session.docker(request, { become: asker.become })),
        ),
      under,
      lock: (become) =>
        line.hold(() =>
          unlessLost({ purpose: 'fact', become }, run, async (session) => {
            await guard?.ready(session, become, true);
            changes.lockedAt = performance.now();
          }),
        ),
      engine: (become) => (request) =>
        line.hold(() =>
          unlessLost({ purpose: 'fact', become }, run, (session) => session.docker(request, { become })),
        ),
      unlock: async () => guard?.release(),
      async stop() {
        isStopped = true;
        if (changes.underWay === 0) return;
        await guard?.stop();
        // A call of the Docker Engine is no process: nobody waits for its answer any more.
        if (changes.underWay > 0) await line.close();
      },
      async close() {
        isClosed = true;
        tellsNoMore = true;
        await guard?.release();
        await line.close();
      },
    };
  };
  return under(signal);
}

function endedByForce(host: string, cause: unknown): DabookError {
  return new DabookError('lost', `it was ended on ${host} while it was under way`, {
    hint: 'whether it was done is not known: the next run looks, and goes on from what it finds',
    cause,
  });
}

/** What only reads, on a connection that is lost each time that it is asked. */
function lostForGood(cause: unknown): DabookError {
  const message = `the connection was lost ${mostTries} times, each time that the same was asked`;
  return new DabookError('unreachable', message, { cause });
}

/** The error of a command that ended with a status that is no answer. */
export function commandFailed(
  what: string,
  shown: string,
  status: number,
  stderr: string,
  hint?: string,
): DabookError {
  return new DabookError('command', what, { hint, command: { shown, status, stderr } });
}
