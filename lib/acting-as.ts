import { type Asker, asksAsRoot, type Machine } from './machine.ts';
import type { Task } from './task.ts';

/** As whom a task acts: root for no more than it needs, and never in a play that does not become root. */
export function actingAs(
  { rights }: Pick<Task<unknown>, 'rights'>,
  { become }: { readonly become: boolean },
): Pick<Asker, 'become' | 'engineAsRoot'> {
  return { become: become && rights === 'play', engineAsRoot: become && rights !== 'user' };
}

/** Whether a task takes root on a host, as far as is known there: where its Engine was not asked yet, it may. */
export function takesRoot(
  as: Pick<Asker, 'become' | 'engineAsRoot'>,
  { engineTakesRoot = true }: Pick<Machine, 'engineTakesRoot'>,
): boolean {
  return as.become || (asksAsRoot(as) && engineTakesRoot);
}
