import type { LockClock } from '../../lib/lock/lock-clock.ts';

/** A machine whose time is made by the test. */
export interface VirtualMachine extends LockClock {
  /** Sleeps for so long, as a laptop with its lid closed: only the clock on its wall goes on. */
  suspend(milliseconds: number): void;
  /** Ends: nothing that waits on it goes on, ever. */
  crash(): void;
  crashed(): boolean;
  /** Timers that have not come up yet. */
  timers(): number;
}

export interface VirtualTime {
  now(): number;
  /** @param options.rate how fast its clocks run; 1 by default */
  machine(options?: { readonly rate?: number; readonly offset?: number }): VirtualMachine;
  /** Lets so much time go by, with all that falls due in it. */
  pass(milliseconds: number): Promise<void>;
}

interface Timer {
  at: number;
  readonly owner: object;
  readonly fire: () => void;
}

/** Time that goes by only as the test says: whatever waits does so on one of its machines. */
export function createVirtualTime(): VirtualTime {
  let now = 0;
  let timers: Timer[] = [];

  const machine: VirtualTime['machine'] = ({ rate = 1, offset = 0 } = {}) => {
    const owner = {};
    let crashed = false;
    let slept = 0;
    let asleepUntil = 0;
    const own = () => timers.filter((timer) => timer.owner === owner);
    const stillAsleep = () => Math.max(0, asleepUntil - now);
    return {
      elapsed: () => (now - (slept - stillAsleep())) * rate,
      wall: () => now * rate + offset,
      sleep: (milliseconds, { signal }) =>
        new Promise((resolve, reject) => {
          if (crashed) return;
          if (signal?.aborted) return reject(signal.reason);
          const remove = () => {
            timers = timers.filter((other) => other !== timer);
            signal?.removeEventListener('abort', onAbort);
          };
          const onAbort = () => {
            remove();
            reject(signal?.reason);
          };
          const fire = () => {
            remove();
            resolve();
          };
          const timer: Timer = { at: now + stillAsleep() + milliseconds / rate, owner, fire };
          timers.push(timer);
          signal?.addEventListener('abort', onAbort);
        }),
      suspend(milliseconds) {
        slept += milliseconds;
        asleepUntil = now + stillAsleep() + milliseconds;
        for (const timer of own()) timer.at += milliseconds;
      },
      crash() {
        crashed = true;
        timers = timers.filter((timer) => timer.owner !== owner);
      },
      crashed: () => crashed,
      timers: () => own().length,
    };
  };

  return {
    now: () => now,
    machine,
    async pass(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        // All that follows at once, follows before the next timer.
        await new Promise((resolve) => setImmediate(resolve));
        const due = timers.reduce<Timer | undefined>(
          (first, timer) => (timer.at <= end && (first === undefined || timer.at < first.at) ? timer : first),
          undefined,
        );
        if (due === undefined) break;
        now = Math.max(now, due.at);
        due.fire();
      }
      now = end;
    },
  };
}
