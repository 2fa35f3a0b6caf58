import { DabookError } from '../errors.ts';
import type { MeteredSession } from './create-session.ts';
import { lateCall } from './docker-fault.ts';
import { pastDeadline } from './past-deadline.ts';
import type {
  DockerRequest,
  DockerResponse,
  ExecDeadline,
  ExecOptions,
  ExecResult,
  Target,
} from './session.ts';
import { stdinPieces } from './stdin-pieces.ts';
import { tooMuchOutput, usualOutput } from './too-much-output.ts';
import { createTrips } from './trips.ts';

/** What a scripted command answers: its stdout, or more. What is left out is 0 or empty. */
export type MemoryAnswer =
  | string
  | {
      readonly status?: number;
      readonly stdout?: string | Uint8Array;
      readonly stderr?: string | Uint8Array;
    };

/** How a command was asked for. A stream on its stdin has been read. */
export interface MemoryExecOptions extends Omit<ExecOptions, 'stdin' | 'onProgress'> {
  readonly stdin?: Uint8Array | undefined;
}

/** A scripted host. */
export interface MemoryHost {
  readonly exec?: (command: string, options: MemoryExecOptions) => MemoryAnswer | Promise<MemoryAnswer>;
  /** A body that is neither text nor bytes is sent as JSON. */
  readonly docker?: (
    request: DockerRequest,
    options: { readonly become: boolean },
  ) => MemoryResponse | Promise<MemoryResponse>;
  /** The login user may use the Engine's socket: nobody becomes root for that. False by default. */
  readonly isInDockerGroup?: boolean;
  /** Why it cannot be reached. */
  readonly unreachable?: string;
}

export interface MemoryResponse {
  readonly status: number;
  readonly body?: unknown;
}

/** What was asked of a host. */
export type Asked =
  | { readonly host: string; readonly type: 'connect' | 'close' }
  | ({ readonly host: string; readonly type: 'exec'; readonly command: string } & MemoryExecOptions)
  | ({ readonly host: string; readonly type: 'docker'; readonly become: boolean } & DockerRequest);

export interface MemoryTransport {
  connect(target: Target): Promise<MeteredSession>;
  /** All that was asked, in order. */
  readonly asked: readonly Asked[];
}

/**
 * Hosts that exist in a test only: functions answer in their place, and all that is asked is kept.
 * @example
 * const transport = createMemoryTransport({ hosts: { web1: { exec: () => 'Debian' } } })
 * const session = await transport.connect(target)
 * await session.exec('cat /etc/issue', { become: false }) // stdout: Debian
 */
export function createMemoryTransport({
  hosts,
}: {
  readonly hosts: Readonly<Record<string, MemoryHost>>;
}): MemoryTransport {
  const asked: Asked[] = [];

  const connect = async ({ name: host }: Target): Promise<MeteredSession> => {
    asked.push({ host, type: 'connect' });
    const script = hosts[host];
    if (script === undefined) throw new DabookError('unreachable', `${host} is not among the scripted hosts`);
    if (script.unreachable !== undefined)
      throw new DabookError('unreachable', `${host}: ${script.unreachable}`);
    const trips = createTrips();
    let closed = false;
    let end: (error: DabookError) => void = () => {};
    const ended = new Promise<never>((_, reject) => {
      end = reject;
    });
    ended.catch(() => {});

    /** A user's commands run one after the other. */
    const createLane = () => {
      let before: Promise<unknown> = Promise.resolve();
      return <T>(work: (trip: number) => Promise<T>): Promise<T> => {
        if (closed) return ended;
        const trip = trips.next();
        const result = Promise.race([ended, before.then(() => work(trip))]);
        before = result.catch(() => {});
        return result;
      };
    };
    const lanes = { exec: [createLane(), createLane()], docker: [createLane(), createLane()] } as const;

    return {
      stats: {
        get roundTrips() {
          return trips.count;
        },
      },
      exec(command, { stdin, onProgress, ...more }) {
        return lanes.exec[more.become ? 1 : 0](async (trip) => {
          const options = stdin === undefined ? more : { ...more, stdin: await collect(stdin, onProgress) };
          asked.push({ host, type: 'exec', command, ...options });
          if (!script.exec) throw unscripted(host, 'commands');
          const answer = await within(options.deadline, script.exec(command, options), pastDeadline);
          return bounded(resultOf(answer, trip), options.maxOutput);
        });
      },
      docker(request, { become, deadline }) {
        return lanes.docker[become ? 1 : 0](async (trip) => {
          asked.push({ host, type: 'docker', become, ...request });
          if (!script.docker) throw unscripted(host, 'calls of the Docker Engine');
          const late = (_which: string, seconds: number) => lateCall({ host }, seconds);
          const answer = await within(deadline, script.docker(request, { become }), late);
          return { ...responseOf(answer, trip), asRoot: become && !script.isInDockerGroup };
        });
      },
      accompany: async () => {
        throw unscripted(host, 'companions');
      },
      async close() {
        if (closed) return;
        closed = true;
        asked.push({ host, type: 'close' });
        end(new DabookError('unreachable', `the session with ${host} has been closed`));
      },
    };
  };
  return { connect, asked };
}

async function collect(
  stdin: NonNullable<ExecOptions['stdin']>,
  onProgress: ExecOptions['onProgress'],
): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let taken = 0;
  for await (const piece of stdinPieces(stdin)) {
    pieces.push(piece);
    taken += piece.length;
    onProgress?.(taken);
  }
  return Buffer.concat(pieces);
}

/** An answer, or an error where it does not come in time. A script is silent until it answers. */
async function within<T>(
  { total = Infinity, idle = Infinity }: ExecDeadline = {},
  answer: T | Promise<T>,
  late: (which: 'total' | 'idle', seconds: number) => DabookError,
): Promise<T> {
  const seconds = Math.min(total, idle);
  if (seconds === Infinity) return answer;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late(total <= idle ? 'total' : 'idle', seconds)), seconds * 1000);
  });
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

function resultOf(answer: MemoryAnswer, trip: number): ExecResult {
  const { status = 0, stdout = '', stderr = '' } = typeof answer === 'string' ? { stdout: answer } : answer;
  return { status, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), trip };
}

function bounded(result: ExecResult, most = usualOutput): ExecResult {
  if (result.stdout.length > most || result.stderr.length > most) throw tooMuchOutput(most);
  return result;
}

function responseOf({ status, body = '' }: MemoryResponse, trip: number): DockerResponse {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return { status, body: Buffer.from(isRaw ? body : JSON.stringify(body)), trip };
}

function unscripted(host: string, what: string): DabookError {
  return new DabookError('bug', `${host} is not scripted to answer ${what}`);
}
