import type { RunFlags } from './run-flags.ts';

type Late = 'inventory' | 'extraVars' | 'verbose';

/** What commander gives for a command that runs a playbook: what has no default may be missing. */
export type GivenFlags = Partial<Pick<RunFlags, Late>> & Omit<RunFlags, Late>;
