import { connect, createServer, type Server, type Socket } from 'node:net';
import { createRoundTripCounter, type RoundTripCounter } from './round-trip-counter.ts';

/** What went through a proxy since it was made. */
export interface Traffic {
  readonly connections: number;
  /** Bytes both ways. */
  readonly bytes: number;
  /** Of the address that needed the most, all its connections together; the TCP handshake of each counts as one. */
  readonly roundTrips: number;
}

export interface CountingProxy {
  readonly port: number;
  traffic(): Traffic;
  /** Ends its connections too. */
  close(): Promise<void>;
}

export interface CountingProxyOptions {
  /** Address to listen on; the one that a client connects to is the one that it is connected to. */
  readonly address: string;
  /** Port to listen on; 0 for any. */
  readonly port: number;
  /** Port to connect to. */
  readonly target: number;
  /** Seconds that a packet takes there and back; 0 for no delay. */
  readonly roundTrip: number;
}

interface Line {
  readonly address: string;
  readonly counter: RoundTripCounter;
  bytes: number;
}

/**
 * A TCP proxy that counts, and that holds everything back for half a round trip each way. A connection is made
 * like one over such a line: the server hears of it after one and a half round trips, when the client's
 * acknowledgement would arrive.
 */
export async function createCountingProxy(options: CountingProxyOptions): Promise<CountingProxy> {
  const { address, port, target, roundTrip } = options;
  const lines: Line[] = [];
  const sockets = new Set<Socket>();
  const half = (roundTrip / 2) * 1000;
  const server = createServer(
    { noDelay: true, allowHalfOpen: true, highWaterMark: 1024 * 1024 },
    (client) => {
      const to = client.localAddress ?? address;
      const line: Line = { address: to, counter: createRoundTripCounter(), bytes: 0 };
      lines.push(line);
      keep(client);
      after(half * 3, () => {
        if (client.destroyed) return;
        const upstream = connect({ host: to, port: target, noDelay: true, allowHalfOpen: true });
        keep(upstream);
        join(client, upstream, line, half);
      });
    },
  );
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  await listening(server, port, address);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    traffic: () => trafficOf(lines),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function join(client: Socket, server: Socket, line: Line, half: number): void {
  const { counter } = line;
  carry(client, server, half, (bytes) => {
    line.bytes += bytes;
    const number = counter.sent();
    return () => counter.arrived(number);
  });
  carry(server, client, half, (bytes) => {
    line.bytes += bytes;
    const number = counter.answered();
    return () => counter.seen(number);
  });
  // What is on its way still arrives.
  client.once('close', () => after(half, () => server.destroySoon()));
  server.once('close', () => after(half, () => client.destroySoon()));
}

/** @param leaves is told when something leaves, and gives what is to be told when it arrives */
function carry(from: Socket, to: Socket, half: number, leaves: (bytes: number) => () => void): void {
  from.on('data', (chunk) => {
    const arrives = leaves(chunk.length);
    // What is on its way is the line's own, as in a long fat pipe; what the receiver does not take holds the sender.
    if (to.writableLength > 8 * 1024 * 1024) from.pause();
    after(half, () => {
      if (to.destroyed) return;
      arrives();
      to.write(chunk);
    });
  });
  to.on('drain', () => from.resume());
  from.on('end', () => after(half, () => to.end()));
  from.resume();
}

/** Without a delay at once, so that the order of events is kept and no turn of the loop is lost. */
function after(milliseconds: number, work: () => void): void {
  if (milliseconds === 0) work();
  else setTimeout(work, milliseconds);
}

function trafficOf(lines: readonly Line[]): Traffic {
  const trips = new Map<string, number>();
  for (const { address, counter } of lines) {
    trips.set(address, (trips.get(address) ?? 0) + 1 + counter.roundTrips);
  }
  return {
    connections: lines.length,
    bytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
    roundTrips: Math.max(0, ...trips.values()),
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4096 }, () => resolve());
  });
}
