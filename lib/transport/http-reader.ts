import { DabookError } from '../errors.ts';

export interface HttpResponse {
  readonly status: number;
  readonly body: Buffer;
  /** The daemon closes the connection after this one. */
  readonly last: boolean;
}

export interface HttpReader {
  /**
   * Takes the next bytes and returns the responses that they complete.
   * @throws DabookError `command` where they are no HTTP, or a body is too big
   */
  push(bytes: Buffer): HttpResponse[];
  /** The connection has ended: returns the response whose body ends with it. */
  end(): HttpResponse | undefined;
  /** True in the middle of a response. */
  readonly busy: boolean;
}

type Stage =
  | { readonly at: 'head' }
  | { readonly at: 'length'; readonly head: Head; left: number }
  | { readonly at: 'chunk-size' | 'chunk-end' | 'trailer' | 'close'; readonly head: Head }
  | { readonly at: 'chunk'; readonly head: Head; left: number };

interface Head {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly last: boolean;
}

const maxLine = 64 * 1024;

/**
 * Reads HTTP/1.1 responses from a stream, cut anywhere, as many as were asked for in a row.
 * @param maxBytes the biggest body
 */
export function createHttpReader(maxBytes: number): HttpReader {
  let rest: Buffer = Buffer.alloc(0);
  let stage: Stage = { at: 'head' };
  let body: Buffer[] = [];
  let size = 0;

  const take = (bytes: Buffer) => {
    size += bytes.length;
    if (size > maxBytes) throw broken(`a response has more than ${maxBytes / 2 ** 20} MiB`);
    body.push(bytes);
  };
  const cut = (length: number) => {
    const bytes = rest.subarray(0, length);
    rest = rest.subarray(length);
    return bytes;
  };
  const line = (end = '\r\n'): string | undefined => {
    const at = rest.indexOf(end);
    if (at < 0 && rest.length > maxLine) throw broken('a line of its response does not end');
    return at < 0 ? undefined : cut(at + end.length).toString('latin1', 0, at);
  };
  const finish = ({ status, last }: Head): HttpResponse => {
    const response = { status, body: Buffer.concat(body), last };
    body = [];
    size = 0;
    stage = { at: 'head' };
    return response;
  };

  /** Goes one step on: returns a response, true for a step without one, false where bytes are missing. */
  const step = (): HttpResponse | boolean => {
    switch (stage.at) {
      case 'head': {
        const text = line('\r\n\r\n');
        if (text === undefined) return false;
        const head = parseHead(text);
        if (head.status < 200) return true;
        stage = bodyOf(head);
        return stage.at === 'length' && stage.left === 0 ? finish(head) : true;
      }
      case 'length':
      case 'chunk': {
        if (rest.length === 0) return false;
        const bytes = cut(Math.min(rest.length, stage.left));
        take(bytes);
        stage.left -= bytes.length;
        if (stage.left > 0) return true;
        if (stage.at === 'length') return finish(stage.head);
        stage = { at: 'chunk-end', head: stage.head };
        return true;
      }
      case 'chunk-size': {
        const text = line();
        if (text === undefined) return false;
        if (!/^[0-9a-f]+\s*(;|$)/i.test(text))
          throw broken(`a chunk has the size ${JSON.stringify(text.slice(0, 40))}`);
        const left = Number.parseInt(text, 16);
        stage = left === 0 ? { at: 'trailer', head: stage.head } : { at: 'chunk', head: stage.head, left };
        return true;
      }
      case 'chunk-end': {
        const text = line();
        if (text === undefined) return false;
        if (text !== '') throw broken('a chunk is longer than it says');
        stage = { at: 'chunk-size', head: stage.head };
        return true;
      }
      case 'trailer': {
        const text = line();
        if (text === undefined) return false;
        return text === '' ? finish(stage.head) : true;
      }
      case 'close': {
        if (rest.length > 0) take(cut(rest.length));
        return false;
      }
    }
  };

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const responses: HttpResponse[] = [];
      for (let done = step(); done !== false; done = step()) if (done !== true) responses.push(done);
      return responses;
    },
    end: () => (stage.at === 'close' ? finish(stage.head) : undefined),
    get busy() {
      return stage.at !== 'head' || rest.length > 0;
    },
  };
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first);
  if (!status) throw broken(`it answers ${JSON.stringify(first.slice(0, 80))}, which is no HTTP`);
  const fields = new Map(
    lines.map((one) => [
      one.slice(0, one.indexOf(':')).toLowerCase(),
      one.slice(one.indexOf(':') + 1).trim(),
    ]),
  );
  const connection = fields.get('connection')?.toLowerCase();
  return {
    status: Number(status[2]),
    fields,
    last: connection === 'close' || (status[1] === '0' && connection !== 'keep-alive'),
  };
}

function bodyOf(head: Head): Stage {
  const { status, fields } = head;
  if (status === 204 || status === 304) return { at: 'length', head, left: 0 };
  if (/\bchunked$/i.test(fields.get('transfer-encoding') ?? '')) return { at: 'chunk-size', head };
  const length = fields.get('content-length');
  if (length === undefined) return { at: 'close', head: { ...head, last: true } };
  if (!/^\d+$/.test(length)) throw broken(`a response has the length ${JSON.stringify(length.slice(0, 40))}`);
  return { at: 'length', head, left: Number(length) };
}

function broken(what: string): DabookError {
  return new DabookError('command', `the Docker daemon cannot be understood: ${what}`);
}
