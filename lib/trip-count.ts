import type { Session } from './transport/session.ts';

/** Numbers the round trips of a host: each of its sessions counts from 1. */
export function createTripCount(): {
  readonly all: number;
  /** The number, among all of the host, of a round trip of a session. */
  of(session: Session, trip: number): number;
} {
  let before = 0;
  let highest = 0;
  let current: Session | undefined;
  return {
    get all() {
      return before + highest;
    },
    of(session, trip) {
      if (session !== current) {
        before += highest;
        highest = 0;
        current = session;
      }
      highest = Math.max(highest, trip);
      return before + trip;
    },
  };
}
