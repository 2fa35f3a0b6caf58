import { performance } from 'node:perf_hooks';
import type { Phase, StartUp } from '../views/profile-start.ts';

/** Notes what comes before a run. */
export interface StartUpClock extends StartUp {
  /** Does a part of it, and notes how long that takes; parts may overlap. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Begins with what is over already: the process has started, and dabook has been loaded. */
export function createStartUpClock(): StartUpClock {
  const start = performance.timeOrigin;
  const now = () => start + performance.now();
  const ready = start + performance.nodeTiming.bootstrapComplete;
  const phases: Phase[] = [
    { name: 'starting node', start, end: ready },
    { name: 'loading dabook', start: ready, end: now() },
  ];
  return {
    start,
    phases,
    async phase(name, work) {
      const begun = now();
      try {
        return await work();
      } finally {
        phases.push({ name, start: begun, end: now() });
      }
    },
  };
}
