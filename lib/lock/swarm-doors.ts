import { DabookError } from '../errors.ts';
import type { DockerRequest } from '../transport/session.ts';
import { inTime } from './in-time.ts';
import type { LockClock } from './lock-clock.ts';
import { type AskEngine, type SwarmDoor, standOf } from './swarm-door.ts';

/** What a manager of the swarm answered. */
export interface SwarmAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The Engine's words, where it is an error. */
  readonly message: string;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Asks the door also whether it still leads to this swarm, on the same round trip. For what would be done in
   * any swarm just as well: the creation of a lock.
   */
  readonly checked?: boolean;
  /** Is told of an answer that came after it was given up, and by whom. It must not throw. */
  readonly onLate?: (answer: SwarmAnswer, ask: AskEngine) => void;
}

/** All ways into one swarm that are known. */
export interface SwarmDoors {
  readonly swarm: string;
  /** @throws DabookError `bug` for a door to another swarm */
  add(door: SwarmDoor): void;
  /**
   * Asks one manager after the other until one answers. All of them answer for the same state, that of their
   * leader, so it does not matter which. One that gave no answer may still do what it was asked.
   * @returns `gone` when no host that is known is in this swarm any more
   * @throws DabookError `unreachable` when none answered and not all have left
   */
  ask(request: DockerRequest, options?: AskOptions): Promise<SwarmAnswer | 'gone'>;
}

/** Statuses by which a host may only say that it manages no swarm, or not the one that is meant. */
const mayHaveLeft = [404, 406, 503];

/**
 * @param options.patience milliseconds that one door has for an answer
 * @throws DabookError `bug` for no doors, or for doors to several swarms
 */
export function createSwarmDoors(
  doors: readonly SwarmDoor[],
  { patience, clock }: { readonly patience: number; readonly clock: LockClock },
): SwarmDoors {
  const [first] = doors;
  if (first === undefined) throw new DabookError('bug', 'a swarm is reached through one manager at least');
  const { swarm } = first;
  let open: readonly SwarmDoor[] = [];

  const add = (door: SwarmDoor) => {
    if (door.swarm !== swarm) throw new DabookError('bug', `${door.host} is in another swarm than ${swarm}`);
    open = [...open.filter((other) => other.host !== door.host || other.node !== door.node), door];
  };
  for (const door of doors) add(door);

  const within = <T>(door: SwarmDoor, promise: Promise<T>, signal: AbortSignal | undefined) =>
    inTime(promise, {
      milliseconds: patience,
      what: `the Docker Engine of ${door.host}`,
      clock,
      signal,
    });

  /** One door's answer, or `left`. Anything else that is no answer is thrown. */
  const askOne = async (door: SwarmDoor, request: DockerRequest, options: AskOptions) => {
    const { signal, checked = false, onLate } = options;
    // In one tick, and this first: were the order another, a host could change its swarm in between.
    const standing = checked ? standOf(door) : undefined;
    standing?.catch(() => {});
    const asking = door.ask(request).then(({ status, body }) => answerOf(status, body));
    const answer = await within(door, asking, signal).catch((error: unknown) => {
      if (onLate)
        asking.then(
          (answer) => onLate(answer, door.ask),
          () => {},
        );
      throw error;
    });
    const isUnclear = mayHaveLeft.includes(answer.status);
    if (isUnclear || standing !== undefined) {
      const stand = await within(door, standing ?? standOf(door), signal).catch((error: unknown) => {
        onLate?.(answer, door.ask);
        throw error;
      });
      const isOfSwarm = stand === 'manager' && answer.status !== 503;
      if (!isOfSwarm) onLate?.(answer, door.ask);
      if (stand === 'left') return 'left';
      if (!isOfSwarm) throw noAnswer(door, answer);
    }
    // A version that is not the newest is said with a status of 500, as is a swarm without a leader.
    if (answer.status >= 500 && !isOutOfSequence(answer)) throw noAnswer(door, answer);
    return answer;
  };

  const ask = async (request: DockerRequest, options: AskOptions = {}) => {
    const faults: unknown[] = [];
    for (const door of open) {
      try {
        const answer = await askOne(door, request, options);
        if (answer !== 'left') return answer;
        open = open.filter((other) => other !== door);
      } catch (error) {
        options.signal?.throwIfAborted();
        faults.push(error);
        // The last to be tried the next time.
        if (open.includes(door)) open = [...open.filter((other) => other !== door), door];
      }
    }
    if (faults.length === 0) return 'gone';
    throw new DabookError('unreachable', 'no manager of the swarm answered about its lock', {
      cause: faults.at(-1),
      hint: 'see that the managers of the swarm can be reached and have a leader: docker node ls',
    });
  };

  return { swarm, add, ask };
}

/** True when somebody else wrote first. */
export function isOutOfSequence({ status, message }: SwarmAnswer): boolean {
  return status >= 400 && /update out of sequence/.test(message);
}

function answerOf(status: number, bytes: Buffer): SwarmAnswer {
  const text = bytes.toString();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // An empty answer, or a text: that is all there is to tell.
  }
  const said = (body as { message?: unknown } | undefined)?.message;
  return { status, body, message: typeof said === 'string' ? said : text.trim() };
}

function noAnswer({ host }: SwarmDoor, { status, message }: SwarmAnswer): DabookError {
  return new DabookError('command', `the Docker Engine of ${host} answered ${status}: ${message}`);
}
