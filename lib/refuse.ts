import { DabookError } from './errors.ts';

/**
 * The error with which a task's `want` says that it must not be done; check mode refuses as apply does.
 * @param why what stands against it
 * @param hint what the operator can do
 * @example if (lastManager) throw refuse('this is the last manager', 'give destroySwarm: true')
 */
export function refuse(why: string, hint?: string): DabookError {
  return new DabookError('refused', why, { hint });
}
