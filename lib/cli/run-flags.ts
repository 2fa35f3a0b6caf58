import type { KeptPlan } from '../plan/kept-plan.ts';
import type { SecretFlags } from './secret-options.ts';
import type { PasswordFlags } from './with-passwords.ts';

/** The options of `dabook run`, as they were given. */
export interface RunFlags extends SecretFlags, PasswordFlags {
  readonly inventory: readonly string[];
  readonly check?: true;
  readonly strict?: true;
  readonly detailedExitcode?: true;
  /** It is looked whether the hosts are as they should be, over and over: no journal is kept of that. */
  readonly drift?: { readonly report?: string };
  /** It is said what would be done, and kept. */
  readonly plan?: { readonly out?: string | undefined };
  /** What is done, and nothing else. */
  readonly applied?: { readonly plan: KeptPlan; readonly key: Uint8Array; readonly file: string };
  readonly yes?: true;
  readonly diff?: true;
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly forks: number;
  readonly lock: boolean;
  readonly lockTimeout: number;
  readonly timeout?: number;
  readonly stepTimeout: number;
  readonly idleTimeout?: number;
  readonly user?: string;
  readonly privateKey?: string;
  readonly become?: true;
  readonly verbose: number;
  readonly json?: true;
  readonly color: boolean;
  readonly typeCheck: boolean;
  readonly profile?: true;
  readonly profileTrace?: string;
}
