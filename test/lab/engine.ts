import { request } from 'node:http';

/** A call of a Docker Engine, with the answer's JSON. */
export type Engine = <T = unknown>(method: 'GET' | 'POST', path: string, body?: unknown) => Promise<T>;

/**
 * Talks to an Engine over its socket.
 * @param socket path of the socket; that of a lab host is `/proc/<pid>/root/run/docker.sock`
 * @throws Error with the Engine's own message for any status from 400
 */
export function engineAt(socket: string): Engine {
  return <T>(method: 'GET' | 'POST', path: string, body?: unknown) =>
    new Promise<T>((resolve, reject) => {
      const isArchive = Buffer.isBuffer(body);
      const type = isArchive ? 'application/x-tar' : 'application/json';
      const call = request(
        { socketPath: socket, method, path, headers: { 'content-type': type } },
        async (answer) => {
          const parts: Buffer[] = [];
          for await (const part of answer) parts.push(part);
          const text = Buffer.concat(parts).toString();
          if ((answer.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${text.trim()}`));
          else
            resolve(
              (answer.headers['content-type'] === 'application/json' && !isArchive
                ? JSON.parse(text)
                : text) as T,
            );
        },
      );
      call.on('error', reject);
      call.end(isArchive ? body : body === undefined ? undefined : JSON.stringify(body));
    });
}
