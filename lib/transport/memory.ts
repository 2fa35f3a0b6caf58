import { DabookError } from '../errors.ts';
import type { MeteredSession } from './create-session.ts';
import type { DockerRequest, DockerResponse, ExecOptions, ExecResult, Target } from './session.ts';
import { tooMuchOutput, usualOutput } from './too-much-output.ts';

/** What a scripted command answers: its stdout, or more. What is left out is 0 or empty. */
export type MemoryAnswer =
  | string
  | {
      readonly status?: number;
      readonly stdout?: string | Uint8Array;
      readonly stderr?: string | Uint8Array;
    };

/** A scripted host. */
export interface MemoryHost {
  readonly exec?: (command: string, options: ExecOptions) => MemoryAnswer | Promise<MemoryAnswer>;
  /** A body that is neither text nor bytes is sent as JSON. */
  readonly docker?: (
    request: DockerRequest,
    options: { readonly become: boolean },
  ) => MemoryResponse | Promise<MemoryResponse>;
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
  | ({ readonly host: string; readonly type: 'exec'; readonly command: string } & ExecOptions)
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
    const stats = { roundTrips: 0 };
    let closed = false;
    let end: (error: DabookError) => void = () => {};
    const ended = new Promise<never>((_, reject) => {
      end = reject;
    });
    ended.catch(() => {});

    /** A user's commands run one after the other; what is asked in one tick is one round trip. */
    const createLane = () => {
      let before: Promise<unknown> = Promise.resolve();
      let travelling = false;
      return <T>(work: () => T | Promise<T>): Promise<T> => {
        if (closed) return ended;
        if (!travelling) {
          travelling = true;
          stats.roundTrips += 1;
          setImmediate(() => {
            travelling = false;
          });
        }
        const result = Promise.race([ended, before.then(work)]);
        before = result.catch(() => {});
        return result;
      };
    };
    const lanes = { exec: [createLane(), createLane()], docker: [createLane(), createLane()] } as const;

    return {
      stats,
      exec(command, options) {
        return lanes.exec[options.become ? 1 : 0](async () => {
          asked.push({ host, type: 'exec', command, ...options });
          if (!script.exec) throw unscripted(host, 'commands');
          return bounded(resultOf(await script.exec(command, options)), options.maxOutput);
        });
      },
      docker(request, { become }) {
        return lanes.docker[become ? 1 : 0](async () => {
          asked.push({ host, type: 'docker', become, ...request });
          if (!script.docker) throw unscripted(host, 'calls of the Docker Engine');
          return responseOf(await script.docker(request, { become }));
        });
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

function resultOf(answer: MemoryAnswer): ExecResult {
  const { status = 0, stdout = '', stderr = '' } = typeof answer === 'string' ? { stdout: answer } : answer;
  return { status, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) };
}

function bounded(result: ExecResult, most = usualOutput): ExecResult {
  if (result.stdout.length > most || result.stderr.length > most) throw tooMuchOutput(most);
  return result;
}

function responseOf({ status, body = '' }: MemoryResponse): DockerResponse {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  return { status, body: Buffer.from(isRaw ? body : JSON.stringify(body)) };
}

function unscripted(host: string, what: string): DabookError {
  return new DabookError('bug', `${host} is not scripted to answer ${what}`);
}
