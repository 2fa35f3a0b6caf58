import { DabookError } from '../errors.ts';
import type { Channel, ChannelEnd, ChannelOutput, Place } from './channel.ts';
import { dockerFault, lateCall, unheardCall } from './docker-fault.ts';
import { createHttpReader, type HttpReader, type HttpResponse } from './http-reader.ts';
import type { DockerOptions, DockerRequest, DockerResponse } from './session.ts';
import { createTimeLimit, type TimeLimit } from './time-limit.ts';
import type { Trips } from './trips.ts';

export interface DockerChannelOptions {
  /** Starts a script on the host, as the user who asks; tells whether that is root by way of sudo. */
  readonly start: (script: string, output: ChannelOutput) => Promise<Channel & { readonly asRoot?: boolean }>;
  readonly place: Place;
  readonly trips: Trips;
  /** The biggest body of a response. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface DockerChannel {
  /**
   * Calls the Engine API. What is asked in one tick travels as one write; answers come in order. Where a deadline
   * passes the line is let go of: GETs that wait behind are asked again on another one, other calls are rejected.
   */
  request(request: DockerRequest, options?: Pick<DockerOptions, 'deadline'>): Promise<DockerResponse>;
  /** Ends it and rejects with this error what is under way and all that is asked later. */
  close(error: DabookError): void;
}

interface Call {
  readonly request: DockerRequest;
  readonly deadline: DockerOptions['deadline'];
  readonly trip: number;
  readonly resolve: (response: DockerResponse) => void;
  readonly reject: (error: unknown) => void;
  readonly retried: boolean;
}

interface Line {
  readonly opened: Promise<Channel>;
  readonly reader: HttpReader;
  readonly sent: Call[];
  /** Watches the first of the sent. */
  readonly limit: TimeLimit;
  /** Responses that came on it. */
  answered: number;
  asRoot: boolean;
  stderr: string;
  over: boolean;
}

/** `exec`, so that the end of docker is the end of the channel. */
const script = 'exec docker system dial-stdio';

/**
 * HTTP/1.1 to the Docker Engine of a host, over `docker system dial-stdio`, kept open. Requests are
 * pipelined. A line that the daemon closed while it was idle is opened anew, and a GET that was lost with it
 * is asked again, once; whatever else was lost is rejected, since it may have been done.
 *
 * For calls that end: an event stream or a log that is followed would hold up all calls after it.
 */
export function createDockerChannel(options: DockerChannelOptions): DockerChannel {
  const { place, trips, maxBytes = 64 * 2 ** 20 } = options;
  const unsent: Call[] = [];
  let line: Line | undefined;
  let closed: DabookError | undefined;

  const schedule = (call: Omit<Call, 'trip'>) => {
    unsent.push({ ...call, trip: unsent[0]?.trip ?? trips.next() });
    if (unsent.length === 1) setImmediate(flush);
  };

  const flush = async () => {
    line ??= open();
    const on = line;
    const channel = await on.opened.catch(() => undefined);
    if (channel === undefined || closed || unsent.length === 0) return;
    if (on.over) return flush();
    const calls = unsent.splice(0);
    const isFirst = on.sent.length === 0;
    on.sent.push(...calls);
    if (isFirst) on.limit.begin(calls[0]?.deadline);
    // What a call sends is small, and the line is read all the time.
    void channel.write(Buffer.from(calls.map(({ request }) => textOf(request)).join('')));
  };

  const open = (): Line => {
    const reader = createHttpReader(maxBytes);
    const opened = options.start(script, {
      stdout: (bytes) => hear(next, bytes),
      stderr: (bytes) => {
        next.stderr = (next.stderr + bytes.toString()).slice(-4096);
      },
    });
    const limit = createTimeLimit((_which, seconds) => late(next, seconds));
    const next: Line = {
      opened,
      reader,
      sent: [],
      limit,
      answered: 0,
      asRoot: false,
      stderr: '',
      over: false,
    };
    opened.then(
      (channel) => {
        next.asRoot = channel.asRoot === true;
        return channel.ended.then((end) => over(next, end));
      },
      (error) => {
        if (line === next) line = undefined;
        for (const call of unsent.splice(0)) call.reject(error);
      },
    );
    return next;
  };

  const hear = (on: Line, bytes: Buffer) => {
    if (on.over) return;
    try {
      for (const response of on.reader.push(bytes)) {
        on.answered += 1;
        answer(on, response);
        if (response.last) return giveUp(on, lostCall(place), { retry: true });
      }
      if (on.sent.length === 0 && on.reader.busy)
        throw new DabookError('command', `the Docker daemon of ${place.host} answers what nobody asked`);
    } catch (error) {
      on.sent.shift()?.reject(error);
      giveUp(on, error);
    }
  };

  const answer = (on: Line, { status, body }: HttpResponse) => {
    const call = on.sent.shift();
    on.limit.begin(on.sent[0]?.deadline);
    call?.resolve({ status, body, trip: call.trip, asRoot: on.asRoot });
  };

  const late = (on: Line, seconds: number) => {
    on.sent.shift()?.reject(lateCall(place, seconds));
    giveUp(on, unheardCall(place), { retry: true });
  };

  const over = (on: Line, end: ChannelEnd) => {
    if (on.over) return;
    const idle = !on.reader.busy;
    const closedByDaemon = end.kind === 'exited' && end.status === 0;
    // A body without a length ends with the connection, but not with one that was lost.
    const response = closedByDaemon ? on.reader.end() : undefined;
    if (response) answer(on, response);
    const error =
      end.kind === 'lost'
        ? lostLine(place, end.reason)
        : closedByDaemon
          ? lostCall(place)
          : dockerFault(place, end, on.stderr);
    giveUp(on, error, { retry: closedByDaemon && idle && on.answered > 0 });
    // A line that never worked would not work the next time either.
    if (on.answered === 0) for (const call of unsent.splice(0)) call.reject(error);
  };

  /** Lets go of a line. What was sent on it is asked again where that can do no harm, else rejected. */
  const giveUp = (on: Line, error: unknown, { retry = false } = {}) => {
    on.over = true;
    on.limit.begin(undefined);
    if (line === on) line = undefined;
    on.opened.then(
      (channel) => channel.destroy(),
      () => {},
    );
    for (const call of on.sent.splice(0)) {
      const again = retry && call.request.method === 'GET' && !call.retried;
      if (again) schedule({ ...call, retried: true });
      else call.reject(error);
    }
  };

  return {
    request(request, { deadline } = {}) {
      return new Promise((resolve, reject) => {
        if (closed) throw closed;
        if (!/^\/[!-~]*$/.test(request.path)) {
          throw new DabookError(
            'bug',
            `${JSON.stringify(request.path)} cannot be the path of an Engine API call`,
            { hint: 'use encodeURIComponent for what comes from outside' },
          );
        }
        schedule({ request, deadline, resolve, reject, retried: false });
      });
    },
    close(error) {
      if (closed) return;
      closed = error;
      for (const call of unsent.splice(0)) call.reject(error);
      if (line) giveUp(line, error);
    },
  };
}

function textOf({ method, path, body }: DockerRequest): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: docker\r\nUser-Agent: dabook\r\n`;
  if (body === undefined) return `${head}${method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`;
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function lostCall({ host }: Place): DabookError {
  return new DabookError('command', `the Docker Engine of ${host} closed the connection before it answered`, {
    hint: 'whether the call was done is not known',
  });
}

function lostLine({ address }: Place, reason: string): DabookError {
  return new DabookError('lost', `connection to ${address} lost: ${reason}`, {
    hint: 'whether the calls of the Docker Engine that were under way have been done is not known',
  });
}
