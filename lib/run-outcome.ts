import { codeOf } from './errors.ts';
import type { Counts, RunEnded } from './events.ts';

/**
 * How a run ended.
 * @param signal what ended it before its time, if it did
 * @param thrown what its playbook threw
 */
export function outcomeOf(
  signal: AbortSignal,
  thrown: unknown,
  hosts: Readonly<Record<string, Counts>>,
): RunEnded['outcome'] {
  // What else aborts a run is a fault, such as an error that nobody caught.
  if (signal.aborted) {
    const code = codeOf(signal.reason);
    return code === 'interrupted' || code === 'locked' || code === 'unapproved' ? code : 'failed';
  }
  const counts = Object.values(hosts);
  const failed = counts.some((host) => host.failed > 0);
  const unreachable = counts.some((host) => host.unreachable + host.lost > 0);
  const waiting = codeOf(thrown) === 'waiting' || counts.some((host) => host.waiting > 0);
  // What play() throws and what made a host unreachable is counted with the hosts already.
  const ownFault =
    thrown !== undefined && !['run', 'unreachable', 'lost', 'waiting'].includes(codeOf(thrown));
  if (failed || ownFault) return 'failed';
  if (unreachable) return 'unreachable';
  return waiting ? 'waiting' : 'ok';
}
