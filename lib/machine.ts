import PQueue from 'p-queue';
import { unlessAborted, withDeadline } from './deadline.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Happening } from './events.ts';
import { faultOf } from './fault.ts';
import type { DockerRequest, DockerResponse, ExecResult, Session, Target } from './transport/session.ts';

/** Who asks a machine for something, and as whom. */
export interface Asker {
  readonly become: boolean;
  readonly purpose: 'fact' | 'step';
  /** The number of the task; none for a fact that the playbook reads by itself. */
  readonly task?: number | undefined;
  /** Bytes that a command may print; the connection's usual limit by default. */
  readonly maxOutput?: number | undefined;
}

/** A host as the engine holds it: one connection for the whole run, one task at a time. */
export interface Machine {
  readonly name: string;
  /** States that check mode foresaw, by the key of their fact. */
  readonly foreseen: Map<string, unknown>;
  /** Runs `work` when no other work of this machine runs. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  exec(command: string, asker: Asker, shown: string, stdin?: Uint8Array): Promise<ExecResult>;
  docker(request: DockerRequest, asker: Asker, shown: string): Promise<DockerResponse>;
  close(): Promise<void>;
}

/** A machine of a run, whose commands that read end with the run's signal. */
export interface RunMachine extends Machine {
  /** The same machine, for work that another signal ends. */
  under(signal: AbortSignal): RunMachine;
}

export interface MachineOptions {
  readonly target: Target;
  readonly connect: (target: Target) => Promise<Session>;
  readonly emit: (event: Happening) => void;
  readonly nextCommand: () => number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Seconds that an Engine API call that only reads may take. */
const callDeadline = 60;
/** Seconds that a command that only reads may take. */
const commandDeadline = 300;

/** Makes a machine. Nothing is connected to before the first command. */
export function createMachine({
  target,
  connect,
  emit,
  nextCommand,
  now,
  ...run
}: MachineOptions): RunMachine {
  const queue = new PQueue({ concurrency: 1 });
  const host = target.name;
  let connecting: Promise<Session> | undefined;
  // Told once; and what is still asked when the run ends is cut off on purpose.
  let tellsNoMore = false;
  let isClosed = false;
  let steps = 0;

  function tellUnreachable(error: unknown): void {
    if (tellsNoMore || codeOf(error) !== 'unreachable') return;
    tellsNoMore = true;
    emit({ type: 'host.unreachable', host, fault: faultOf(error) });
  }

  async function told<T extends { readonly status: number }>(
    shown: string,
    asker: Asker,
    signal: AbortSignal,
    ask: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      const task = asker.task === undefined ? {} : { task: asker.task };
      const which = { host, ...task, command: nextCommand(), purpose: asker.purpose, shown };
      // Before the connection is there, so that a view can show what a host is waited for.
      emit({ type: 'command.started', ...which });
      if (isClosed)
        throw new DabookError('playbook', `${host} was asked for something after the run had ended`);
      connecting ??= connect(target);
      const session = await unlessAborted(connecting, signal);
      const started = now();
      const answer = await answered(ask(session), asker, signal, shown);
      emit({ type: 'command.ended', ...which, status: answer.status, seconds: (now() - started) / 1000 });
      return answer;
    } catch (error) {
      tellUnreachable(error);
      throw error;
    }
  }

  /** A step is waited for, come what may; what only reads, for so long, and not after an interrupt. */
  async function answered<T>(
    answer: Promise<T>,
    { purpose }: Asker,
    signal: AbortSignal,
    shown: string,
  ): Promise<T> {
    if (purpose === 'step') {
      steps += 1;
      return answer.finally(() => {
        steps -= 1;
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
    return withDeadline(unlessAborted(answer, signal), { seconds, late, unless: () => steps > 0 });
  }

  const foreseen = new Map<string, unknown>();
  const under = (signal: AbortSignal): RunMachine => ({
    name: host,
    foreseen,
    exclusively: (work) => queue.add(work),
    exec: (command, asker, shown, stdin) =>
      told(shown, asker, signal, (session) =>
        session.exec(command, { become: asker.become, stdin, maxOutput: asker.maxOutput }),
      ),
    docker: (request, asker, shown) =>
      told(shown, asker, signal, (session) => session.docker(request, { become: asker.become })),
    under,
    async close() {
      isClosed = true;
      tellsNoMore = true;
      const session = await connecting?.catch(() => undefined);
      await session?.close();
    },
  });
  return under(run.signal);
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
