import type { Output } from './view.ts';

/** Resolves when everything written so far has left the process, or never will. */
export function flush(out: Output): Promise<void> {
  return new Promise((resolve) => {
    out.write('', () => resolve());
  });
}
