import type { Socket } from 'node:net';

/**
 * Has all that is written in one tick leave as one write: ssh2 writes each packet in three pieces, each of which would
 * be a call of the system, and with Nagle's algorithm off a packet of the network.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...args);
  };
}
