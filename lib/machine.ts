import PQueue from 'p-queue';
import { type Abortable, createAbortable } from './abortable.ts';
import type { Connections } from './connections.ts';
import { callDeadline, type Deadlines, readDeadline, stepDeadline } from './deadlines.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Happening } from './events.ts';
import { faultOf } from './fault.ts';
import { createGathering, type Gathering } from './gathering.ts';
import type { Guard } from './guard.ts';
import type { AskEngine } from './lock/swarm-door.ts';
import { progressOf } from './progress.ts';
import { createReach } from './reach.ts';
import type {
  DockerRequest,
  DockerResponse,
  ExecDeadline,
  ExecResult,
  Session,
  StdinStream,
  Target,
} from './transport/session.ts';
import { createTripCount } from './trip-count.ts';

/** Who asks a machine for something, and as whom. */
export interface Asker {
  /** Commands run as root. */
  readonly become: boolean;
  /** Calls of the Docker Engine are made as root where the login user may not; as `become` says by default. */
  readonly engineAsRoot?: boolean | undefined;
  readonly purpose: 'fact' | 'step';
  /** The number of the task; none for a fact that the playbook reads by itself. */
  readonly task?: number | undefined;
  /** Bytes that a command may print; the connection's usual limit by default. */
  readonly maxOutput?: number | undefined;
  /** It goes on when the connection dies, and may take its time. */
  readonly isDetached?: boolean | undefined;
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
  /** Whether a command has been run there as root. */
  readonly actsAsRoot: boolean;
  /** Whether it took root to call its Docker Engine, the last time that root would have been taken; undefined before. */
  readonly engineTakesRoot: boolean | undefined;
  /** How often it has been waited for. */
  readonly roundTrips: number;
  /** Has the secrets in a value known to whatever tells of the run. */
  learn(value: unknown): void;
  /** Runs `work` when no other work of this machine runs. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  exec(command: string, asker: Asker, shown: string, stdin?: Uint8Array | StdinStream): Promise<ExecResult>;
  docker(request: DockerRequest, asker: Asker, shown: string): Promise<DockerResponse>;
  /**
   * Takes the lock of the host, where the run locks: as the user who has it already, or else as root where commands
   * are or have been run so.
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
  readonly deadlines?: Deadlines | undefined;
  readonly connections: Connections;
  readonly emit: (event: Happening) => void;
  readonly learn: (value: unknown) => void;
  readonly nextCommand: () => number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Whether an asker's calls of the Docker Engine are made as root where the login user may not. */
export function asksAsRoot({
  become,
  engineAsRoot = become,
}: Pick<Asker, 'become' | 'engineAsRoot'>): boolean {
  return engineAsRoot;
}

/** Makes a machine. Nothing is connected to before the first command. */
export function createMachine({
  target,
  guard,
  deadlines = {},
  connections,
  emit,
  learn,
  nextCommand,
  now,
  signal,
}: MachineOptions): RunMachine {
  const queue = new PQueue({ concurrency: 1 });
  const host = target.name;
  const line = connections.line(target, (seconds) => emit({ type: 'host.connected', host, seconds }));
  const changes: Changes = { count: 0, underWay: 0, lockedAt: 0 };
  const trips = createTripCount();
  const reach = createReach({ host, line, guard, changes, emit });
  // Told once; and what is still asked when the run ends is cut off on purpose.
  let tellsNoMore = false;
  let isClosed = false;
  let actsAsRoot = false;
  let engineTakesRoot: boolean | undefined;

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

  /** @param shell as whom a command is run; none for a call of the Docker Engine, which is no process of ours */
  async function told<T extends { readonly status: number; readonly trip: number }>(
    shown: string,
    asker: Asker,
    shell: { readonly become: boolean } | undefined,
    run: Abortable,
    ask: (session: Session, which: About) => Promise<T>,
  ): Promise<T> {
    actsAsRoot ||= shell?.become === true;
    try {
      const which = about(shown, asker);
      // Before the connection is there, so that a view can show what a host is waited for.
      emit({ type: 'command.started', ...which });
      if (isClosed)
        throw new DabookError('playbook', `${host} was asked for something after the run had ended`);
      return await line.hold(() =>
        reach.ask({ purpose: asker.purpose, shell }, run, async (session) => {
          const started = now();
          const answer = await answered(ask(session, which), asker, run);
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

  /** A step is waited for, come what may; what only reads not after an interrupt. */
  async function answered<T>(answer: Promise<T>, { purpose }: Asker, run: Abortable): Promise<T> {
    if (purpose === 'fact') return run.unlessAborted(answer);
    changes.count += 1;
    changes.underWay += 1;
    return answer.finally(() => {
      changes.count += 1;
      changes.underWay -= 1;
    });
  }

  const deadlineOf = ({ purpose, isDetached }: Asker, most: number): ExecDeadline | undefined => {
    if (purpose === 'fact') return { total: most };
    return isDetached ? undefined : { total: deadlines.step ?? stepDeadline, idle: deadlines.idle };
  };

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
      learn,
      get actsAsRoot() {
        return actsAsRoot;
      },
      get engineTakesRoot() {
        return engineTakesRoot;
      },
      get roundTrips() {
        return trips.all;
      },
      exclusively: (work) => queue.add(() => line.hold(work)),
      exec(command, asker, shown, stdin) {
        const { become, maxOutput } = asker;
        const ask = () =>
          told(shown, asker, { become }, run, (session, { purpose: _purpose, ...which }) => {
            const onProgress = progressOf(stdin, now, (sent, size) =>
              emit({ type: 'command.progress', ...which, sent, size }),
            );
            const deadline = deadlineOf(asker, readDeadline);
            return session.exec(command, { become, stdin, maxOutput, onProgress, deadline });
          });
        return asked(stdin === undefined ? { command, become, maxOutput } : undefined, asker, ask);
      },
      docker(request, asker, shown) {
        const become = asksAsRoot(asker);
        const deadline = deadlineOf(asker, callDeadline);
        const ask = async () => {
          const answer = await told(shown, asker, undefined, run, (session) =>
            session.docker(request, { become, deadline }),
          );
          if (become) engineTakesRoot = answer.asRoot === true;
          return answer;
        };
        return asked({ request, become }, asker, ask);
      },
      under,
      lock: (become) => line.hold(() => reach.lock(become || actsAsRoot, run)),
      unlock: reach.unlock,
      engine: (become) => (request) =>
        line.hold(() =>
          reach.ask({ purpose: 'fact' }, run, (session) => session.docker(request, { become })),
        ),
      stop: reach.stop,
      async close() {
        isClosed = true;
        tellsNoMore = true;
        await reach.close();
      },
    };
  };
  return under(signal);
}
