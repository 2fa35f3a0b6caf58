import type { Socket } from 'node:net';

/**
 * Has all that is written in one tick leave as one write: ssh2 writes each packet in three pieces, each of which would
 * be a call of the system, and with Nagle's algorithm off a packet of the network.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  socket.write = (...args: unknown[]) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}
