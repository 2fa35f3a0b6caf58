import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';

/** A server on the loopback interface, gone after the test. */
export async function listen(
  t: Test,
  onSocket: (socket: Socket) => void,
  address = '127.0.0.1',
): Promise<number> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
}

/** Hands on what a connection says, and what a server on this machine answers. */
export function pipe(socket: Socket, port: number): void {
  const other = connect(port, '127.0.0.1');
  other.on('error', () => {});
  socket.pipe(other).pipe(socket);
  socket.once('close', () => other.destroy());
}
