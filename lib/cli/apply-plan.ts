import { resolve } from 'node:path';
import { DabookError, messageOf } from '../errors.ts';
import { openPlan } from '../plan/seal-plan.ts';
import { readBounded } from '../read-bounded.ts';
import type { Io } from './io.ts';
import { planKey } from './plan-key.ts';
import type { RunFlags } from './run-flags.ts';
import { runPlaybook } from './run-playbook.ts';
import { version } from './version.ts';

/** Bytes. */
const largest = 256 * 2 ** 20;

/** The options of `dabook apply`, as they were given. */
export type ApplyFlags = Omit<
  RunFlags,
  | 'inventory'
  | 'extraVars'
  | 'limit'
  | 'user'
  | 'privateKey'
  | 'become'
  | 'askPass'
  | 'askBecomePass'
  | 'check'
  | 'plan'
  | 'applied'
>;

/**
 * Does what a kept plan says.
 * @returns the exit status
 * @throws DabookError `usage` for a file that is no plan of this user's, of this version and of this playbook
 */
export async function applyPlan(io: Io, file: string, flags: ApplyFlags): Promise<number> {
  const read = await readBounded(resolve(io.cwd(), file), largest).catch((error: unknown) => ({
    wrong: `cannot be read: ${messageOf(error)}`,
  }));
  if ('wrong' in read) {
    throw new DabookError('usage', `the plan ${file} ${read.wrong}`, {
      hint: 'make one: dabook plan ha.ts -i hosts.yml -o ha.plan',
    });
  }
  const text = read.bytes.toString();
  const key = await planKey(io, { make: false });
  const plan = openPlan(text, key, file, version());
  return runPlaybook(io, plan.playbook.file, { ...flags, ...plan.given, applied: { plan, key, file } });
}
