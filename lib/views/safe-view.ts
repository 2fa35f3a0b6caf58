import type { View } from './view.ts';

/**
 * A view whose faults do not change the run: the first one is reported, and from then on the view is silent.
 * @param onError told once, with what was thrown
 */
export function safeView(view: View, onError: (error: unknown) => void): View {
  let broken = false;
  let ended: Promise<void> | undefined;

  const drop = (error: unknown): void => {
    if (broken) return;
    broken = true;
    // The terminal has to be given back before anything can be said on it; a second fault adds nothing.
    ended = attempt(() => view.end()).catch(() => undefined);
    onError(error);
  };

  const guarded = (resume: () => void) => () => {
    try {
      if (!broken) resume();
    } catch (error) {
      drop(error);
    }
  };

  return {
    handle(event) {
      if (broken) return;
      try {
        view.handle(event);
      } catch (error) {
        drop(error);
      }
    },
    suspend() {
      try {
        return broken ? () => {} : guarded(view.suspend());
      } catch (error) {
        drop(error);
        return () => {};
      }
    },
    end() {
      ended ??= attempt(() => view.end()).catch(drop);
      return ended;
    },
  };
}

/** Calls at once, and makes a rejection of what it throws. */
async function attempt(act: () => Promise<void> | void): Promise<void> {
  await act();
}
