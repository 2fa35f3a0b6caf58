import { codeOf } from '../../../lib/errors.ts';
import type { ChannelOutput } from '../../../lib/transport/channel.ts';
import { createDockerChannel } from '../../../lib/transport/docker-channel.ts';
import { createTrips } from '../../../lib/transport/trips.ts';
import { buffers, type Kind } from '../kind.ts';

const body = (text: string) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

/** The bytes of a Docker Engine, as they come over the line, in pieces. */
export const engineBytes: Kind = {
  corpus: buffers(
    body('{"ID":"x","Swarm":{}}') + body('[]') + body('{"message":"m"}'),
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nConnection: close\r\n\r\nall the rest',
  ),
  share: 8,
  async check(input) {
    const faults: string[] = [];
    let opened = 0;
    const channel = createDockerChannel({
      place: { host: 'ha1', user: 'da', address: 'da@ha1:22' },
      trips: createTrips(),
      maxBytes: 2 ** 20,
      async start(_script: string, output: ChannelOutput) {
        opened += 1;
        let end = () => {};
        const ended = new Promise<{ kind: 'exited'; status: number }>((done) => {
          end = () => done({ kind: 'exited', status: 0 });
        });
        return {
          ended,
          async write() {
            const size = 1 + (input.length % 700);
            const step = Math.max(size, Math.ceil(input.length / 200));
            for (let at = 0; at < input.length; at += step) output.stdout(input.subarray(at, at + step));
            setImmediate(end);
          },
          end,
          destroy: end,
        };
      },
    });
    const asked = ['/info', '/nodes', '/services'].map((path) => channel.request({ method: 'GET', path }));
    for (const answer of await Promise.allSettled(asked)) {
      if (answer.status === 'rejected' && codeOf(answer.reason) !== 'command')
        faults.push(`${codeOf(answer.reason)}: ${String(answer.reason?.stack).slice(0, 400)}`);
      if (answer.status === 'fulfilled' && !(answer.value.status >= 200 && answer.value.status <= 999))
        faults.push(`status ${answer.value.status}`);
    }
    if (opened > 4) faults.push(`the line was opened ${opened} times`);
    return faults;
  },
};
