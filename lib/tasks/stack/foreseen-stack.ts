import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import type { Foreseen } from '../../task.ts';
import type { Later } from '../../unknown.ts';
import type { EngineFile, EngineNetwork, EngineService } from './engine-objects.ts';

/** What a swarm would hold of a stack after a task that check mode did not do. */
export interface ForeseenStack {
  /** This host's id in the swarm that it is about: a host that leaves it has nothing of it. */
  readonly nodeId: Later<string> | undefined;
  /** Those that are yet to be made have their names for ids, by which the Engine finds them too. */
  readonly services: readonly EngineService[];
  readonly networks: readonly EngineNetwork[];
  readonly secrets: readonly EngineFile[];
  readonly configs: readonly EngineFile[];
}

/**
 * What earlier tasks of this check make of a stack: the one place where they leave it for all facts about
 * stacks. There only where `ask.foreseen` says so.
 */
export function foreseenStack(name: string): Fact<Later<ForeseenStack>> {
  return fact<Later<ForeseenStack>>({
    key: ['foreseen stack', name],
    read: () => Promise.reject(new DabookError('bug', `no change of stack ${name} was foreseen`)),
  });
}

/** The stacks that earlier tasks of this check change. None in an apply. */
export const foreseenStacks: Fact<readonly string[]> = fact<readonly string[]>({
  key: ['foreseen stacks'],
  read: async () => [],
});

/** What follows from a task that changes a stack, in a way that may not be known. */
export function foreseeStack(name: string, state: Later<ForeseenStack>): readonly Foreseen[] {
  const next = (before: unknown = []) => [...new Set([...(before as readonly string[]), name])];
  return [
    { fact: foreseenStack(name), state },
    { fact: foreseenStacks, next },
  ];
}
