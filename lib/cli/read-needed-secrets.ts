import { DabookError } from '../errors.ts';
import { readSecrets } from '../inventory/read-secrets.ts';
import { createRedactor } from '../redact.ts';
import type { Keys } from '../secrets/keys.ts';
import type { Io } from './io.ts';
import { operator } from './operator.ts';
import { warn } from './warn.ts';

/**
 * Reads the secrets in what a command needs, before anything is connected to; warnings go to stderr.
 * @param needed any value that has them in it
 * @throws DabookError `inventory` with all that cannot be read
 */
export async function readNeededSecrets(io: Io, needed: unknown, keys: Keys): Promise<void> {
  const { home } = operator(io);
  const { faults, warnings } = await readSecrets(needed, { keys, env: io.env, home });
  for (const warning of warnings) warn(io, warning);
  if (faults.length === 0) return;
  // A program that fails may print what others have read.
  const redactor = createRedactor();
  redactor.learn(needed);
  throw new DabookError('inventory', 'secrets that are needed cannot be read; nothing was connected to', {
    faults: redactor.faults(faults),
  });
}
