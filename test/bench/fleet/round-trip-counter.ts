/** Counts the round trips of one connection, one event after the other. */
export interface RoundTripCounter {
  /** The client sent something: gives the number of answers that it had seen by then. */
  sent(): number;
  /** What the client had sent with that number has reached the server. */
  arrived(number: number): void;
  /** The server answered: gives the number of the answer. */
  answered(): number;
  /** An answer with that number has reached the client. */
  seen(number: number): void;
  /** The longest chain so far of requests that each followed the answer to the one before. */
  readonly roundTrips: number;
}

/**
 * Counts what has to be waited for: a request counts only where the client had the answer to an earlier one,
 * so what is sent in one go, or while other answers are still on their way, costs one round trip together. On a
 * line that takes a time for each way, so many times there and back is the least that the connection can take.
 */
export function createRoundTripCounter(): RoundTripCounter {
  let client = 0;
  let server = -1;
  return {
    sent: () => client,
    arrived(number) {
      server = Math.max(server, number);
    },
    answered: () => server + 1,
    seen(number) {
      client = Math.max(client, number);
    },
    get roundTrips() {
      return client;
    },
  };
}
