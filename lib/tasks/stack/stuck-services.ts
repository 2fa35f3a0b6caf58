import { scoped } from '../../compose/namespace.ts';
import { diff } from '../../diff.ts';
import { equal } from '../../equal.ts';
import type { Stuck } from '../../task.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { gaveUp, notRunning } from './service-trouble.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/**
 * Why services are not as wanted yet, in the scheduler's own words. Final where waiting cannot help: tasks
 * that fail again and again, an update that was paused or rolled back, a constraint that no node satisfies.
 */
export function stuckServices(
  now: DeployedStack,
  want: DeployedStack,
  { name }: StackDeployArgs,
): Stuck | undefined {
  const { live } = now.basis;
  const stuck = Object.entries(want.services).flatMap(([key, wanted]) => {
    const state = now.services[key];
    if (equal(state, wanted)) return [];
    const service = live.services.find(({ Spec }) => Spec.Name === scoped(name, key));
    if (state === undefined || service === undefined) return [{ reason: `${key} does not exist` }];
    const reason = gaveUp(service, live) ?? settingsReason(state, wanted) ?? notRunning(service, live);
    const count = state.running ?? state.completed ?? '';
    return [{ ...reason, reason: `${key} ${count}: ${reason.reason}` }];
  });
  if (stuck.length === 0) return undefined;
  const isFinal = stuck.some(({ final }) => final);
  const more = stuck.flatMap(({ finalWhenMore }) => finalWhenMore ?? []);
  // What is final is told first; a service that is merely slow is not why it ends.
  const reasons = [...stuck.filter(isTrouble), ...stuck.filter((each) => !isTrouble(each))];
  return {
    reason: reasons.map(({ reason }) => reason).join('; '),
    ...(isFinal ? { final: true } : {}),
    ...(more.length === 0 ? {} : { finalWhenMore: more }),
  };
}

function isTrouble({ final, finalWhenMore }: Stuck): boolean {
  return final === true || finalWhenMore !== undefined;
}

function settingsReason(state: object, wanted: object): Stuck | undefined {
  const changes = diff(state, wanted).filter(
    ({ path }) => !['running', 'completed', 'updating'].includes(path),
  );
  if (changes.length === 0) return undefined;
  return { reason: `the swarm still has other settings: ${changes.map(({ path }) => path).join(', ')}` };
}
