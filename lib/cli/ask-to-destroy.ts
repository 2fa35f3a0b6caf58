import { visible } from '../visible.ts';
import type { Destruction } from './confirm-destruction.ts';
import type { TerminalOperator } from './terminal-operator.ts';

/** Shows what cannot be undone and asks whether to go on. */
export function askToDestroy(
  operator: TerminalOperator,
  destructions: readonly Destruction[],
  signal: AbortSignal,
): Promise<boolean> {
  const names = Math.max(...destructions.map(({ host }) => visible(host).length));
  const lines = destructions.map(
    ({ host, title, destroys }) =>
      `  ${visible(host).padEnd(names)}  ${visible(title)}: ${visible(destroys)}`,
  );
  const head = 'This cannot be undone. What would be lost:';
  return operator.confirm([head, ...lines], 'Go on? Only "yes" does:', signal);
}
