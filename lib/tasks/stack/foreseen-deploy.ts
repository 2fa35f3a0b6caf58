import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import type { DeployedStack } from './deployed-stack.ts';

/**
 * The state of a stack as a `stackDeploy` of this check foresaw it; for facts that should see it. Ask
 * `ask.foreseen` first: without the compose files there is nothing to read.
 */
export function foreseenDeploy(name: string): Fact<DeployedStack> {
  return fact<DeployedStack>({
    key: ['deployed stack', name],
    read: () => Promise.reject(new DabookError('bug', `no deploy of stack ${name} was foreseen`)),
  });
}
