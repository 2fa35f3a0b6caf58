import type { Abortable } from './abortable.ts';
import type { Line } from './connections.ts';
import { codeOf, DabookError } from './errors.ts';
import type { Happening } from './events.ts';
import { faultOf } from './fault.ts';
import type { Guard } from './guard.ts';
import type { Asker, Changes } from './machine.ts';
import type { Session } from './transport/session.ts';

/** Who asks a host, and for what. */
export interface Reacher extends Pick<Asker, 'purpose'> {
  /** As whom a command is run; none for what is no process of ours there, as a call of the Docker Engine. */
  readonly shell?: Pick<Asker, 'become'> | undefined;
}

/** How a host is reached, whatever becomes of its connection meanwhile. */
export interface Reach {
  /**
   * Asks on the host's connection, which is made again when it is lost. What only reads is then asked anew; of a step
   * nobody knows whether it was done, which its task finds out.
   * @throws DabookError `lost` for a step, `unreachable`, `locked`, `become`, and whatever `ask` throws
   */
  ask<T>(asker: Reacher, run: Abortable, ask: (session: Session) => Promise<T>): Promise<T>;
  /** Has the host locked, where the run locks. @throws DabookError `locked` */
  lock(become: boolean, run: Abortable): Promise<void>;
  unlock(): Promise<void>;
  /** Ends what is under way there, by process group, and gives up what cannot be ended so. Never rejects. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface ReachOptions {
  readonly host: string;
  readonly line: Line;
  readonly guard: Guard | undefined;
  readonly changes: Changes;
  readonly emit: (event: Happening) => void;
}

/** How often a question is asked when the connection is lost each time. */
const mostTries = 3;

/** Makes the way to a host. Nothing is connected to before the first question. */
export function createReach({ host, line, guard, changes, emit }: ReachOptions): Reach {
  let isClosed = false;
  let isStopped = false;

  const ask: Reach['ask'] = async ({ purpose, shell }, run, ask) => {
    const isStep = purpose === 'step';
    for (let tries = 1; ; tries += 1) {
      const session = await run.unlessAborted(line.session());
      try {
        if (guard !== undefined) await run.unlessAborted(guard.ready(session, shell?.become, isStep));
        return await ask(session);
      } catch (error) {
        if (isStopped && isStep) throw endedByForce(host, error);
        if (shell !== undefined && isUnheard(error)) await guard?.shellEnded(shell.become);
        if (codeOf(error) !== 'lost') throw error;
        const isNews = line.renew(session);
        if (isNews) guard?.lost(changes.underWay > 0 || isStep);
        if (isNews && !isClosed) emit({ type: 'host.lost', host, fault: faultOf(error) });
        if (isStep) throw error;
        if (tries === mostTries) throw lostForGood(error);
      }
    }
  };

  return {
    ask,
    lock: (become, run) =>
      ask({ purpose: 'fact', shell: { become } }, run, async (session) => {
        await guard?.ready(session, become, true);
        changes.lockedAt = performance.now();
      }),
    unlock: async () => guard?.release(),
    async stop() {
      isStopped = true;
      if (changes.underWay === 0) return;
      await guard?.stop();
      // A call of the Docker Engine is no process: nobody waits for its answer any more.
      if (changes.underWay > 0) await line.close();
    },
    async close() {
      isClosed = true;
      await guard?.release();
      await line.close();
    },
  };
}

/** Its shell was given up, be it for a command that took too long or said too much: it has not been heard to end. */
function isUnheard(error: unknown): boolean {
  return codeOf(error) === 'command' && (error as DabookError).command === undefined;
}

function endedByForce(host: string, cause: unknown): DabookError {
  return new DabookError('lost', `it was ended on ${host} while it was under way`, {
    hint: 'whether it was done is not known: the next run looks, and goes on from what it finds',
    cause,
  });
}

/** What only reads, on a connection that is lost each time that it is asked. */
function lostForGood(cause: unknown): DabookError {
  const message = `the connection was lost ${mostTries} times, each time that the same was asked`;
  return new DabookError('unreachable', message, { cause });
}
