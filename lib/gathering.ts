import type { Bulk } from './bulk.ts';
import { DabookError } from './errors.ts';
import type { Ask } from './fact.ts';

/** What is asked of one host in one tick, so that it can be asked once. */
export interface Gathering {
  /** Asks a question together with the others of this tick. */
  bulk<Q extends string, A>(bulk: Bulk<Q, A>, question: Q, ask: Ask): Promise<A>;
  /** What the same question of this tick gets; `ask` is called for the first of them. */
  once<T>(question: string, ask: () => Promise<T>): Promise<T>;
  /** Whatever is asked from now on is asked anew: something is about to change. */
  forget(): void;
}

interface Round {
  /** Each question with its number. */
  readonly questions: Map<string, number>;
  readonly answers: Promise<readonly unknown[]>;
}

/** Makes the gathering of one host. */
export function createGathering(): Gathering {
  const asked = new Map<string, Promise<unknown>>();
  const rounds = new Map<Bulk<string, unknown>, Map<boolean, Round>>();

  const open = (bulk: Bulk<string, unknown>, ask: Ask): Round => {
    const questions = new Map<string, number>();
    const answers = endOfTick().then(() => {
      rounds.get(bulk)?.delete(ask.become);
      return bulk.read(ask, [...questions.keys()]);
    });
    return { questions, answers };
  };

  return {
    async bulk<Q extends string, A>(bulk: Bulk<Q, A>, question: Q, ask: Ask): Promise<A> {
      // Asked for with its own questions only, so the wider type says less, not something else.
      const some = bulk as unknown as Bulk<string, unknown>;
      const ofBulk = rounds.get(some) ?? new Map<boolean, Round>();
      rounds.set(some, ofBulk);
      const round = ofBulk.get(ask.become) ?? open(some, ask);
      ofBulk.set(ask.become, round);
      const index = round.questions.get(question) ?? round.questions.size;
      round.questions.set(question, index);
      const answers = await round.answers;
      if (answers.length !== round.questions.size) {
        const counts = `${answers.length} answers to ${round.questions.size} questions`;
        throw new DabookError('bug', `a bulk question gave ${counts}`);
      }
      return answers[index] as A;
    },
    once<T>(question: string, ask: () => Promise<T>): Promise<T> {
      const known = asked.get(question);
      if (known !== undefined) return known as Promise<T>;
      if (asked.size === 0) setImmediate(() => asked.clear());
      const answer = ask();
      asked.set(question, answer);
      return answer;
    },
    forget() {
      asked.clear();
      rounds.clear();
    },
  };
}

/**
 * Settles when all that could be done at once is done, and before anything is sent: promises that are settled are
 * served before what `nextTick` was given while they were, and both before `setImmediate`, by which shells send.
 */
function endOfTick(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
