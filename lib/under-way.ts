import { DabookError } from './errors.ts';

/** The work of hosts that a playbook has begun and that has not ended yet. */
export interface UnderWay {
  /** Remembers work until it ends. Gives it back, and sees to it that a failure nobody awaits ends no process. */
  track<T>(work: Promise<T>, where: string | undefined): Promise<T>;
  /**
   * Waits for what is still under way when the playbook's function has ended.
   * @returns the error to tell: a forgotten `await`, with its line; none where all had ended
   */
  settle(): Promise<DabookError | undefined>;
}

/** Makes the list of what is under way; empty. */
export function createUnderWay(): UnderWay {
  const open = new Map<Promise<unknown>, string | undefined>();
  return {
    track(work, where) {
      open.set(work, where);
      const forget = () => void open.delete(work);
      work.then(forget, forget);
      return work;
    },
    async settle() {
      if (open.size === 0) return undefined;
      const [where] = [...open.values()];
      // What is begun may begin more.
      while (open.size > 0) await Promise.allSettled(open.keys());
      return new DabookError('playbook', 'the playbook ended while work that it had begun was under way', {
        hint: `an "await" is missing at ${where ?? 'one of its host.run, host.read or play'}`,
      });
    },
  };
}
