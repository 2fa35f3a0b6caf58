import type { Secret } from '../secret.ts';

/**
 * What opens what is encrypted. It is read, or asked for, when the first thing that is encrypted is met, and once.
 * Each throws a DabookError where there is nothing to open it with.
 */
export interface Keys {
  /** Passwords of ansible-vault. */
  readonly vaultPasswords: () => Promise<readonly Secret[]>;
  /** Identities of age, each `AGE-SECRET-KEY-…`. */
  readonly identities: () => Promise<readonly Secret[]>;
  /**
   * The passphrase of something that age encrypted with one.
   * @param shown what it opens
   */
  readonly passphrase: (shown: string) => Promise<Secret>;
}
