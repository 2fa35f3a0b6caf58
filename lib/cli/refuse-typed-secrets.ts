import { DabookError } from '../errors.ts';
import { readExtraVars } from '../inventory/extra-vars.ts';
import { looksSecret, looksSecretValue } from '../looks-secret.ts';
import { Secret } from '../secret.ts';

/**
 * Sees to it that no secret is among what was typed with `-e`, one that a later `-e` takes the place of included: a plan
 * keeps the command line. What a file holds, which is named with `@`, is not kept.
 * @throws DabookError `usage` for a value that looks like a secret
 */
export async function refuseTypedSecrets(args: readonly string[], cwd: string): Promise<void> {
  const typed = args.filter((arg) => !arg.startsWith('@'));
  const isFile = () => Promise.reject(new DabookError('bug', 'a file is none of what was typed'));
  // One by one: of two that have one name only the later would be there.
  for (const arg of typed) {
    const { vars } = await readExtraVars([arg], cwd, isFile);
    const found = firstSecret(vars, [], false);
    if (found === undefined) continue;
    throw new DabookError('usage', `-e ${found.join('.')}: it looks like a secret, which no plan may hold`, {
      hint: 'give it in a file, -e @file, where it may be !env NAME or encrypted',
    });
  }
}

/**
 * Where the first text is that looks like a secret, by its own look or by any name on the way to it.
 * @param isNamed whether a name on the way to the value was one of a secret
 */
function firstSecret(
  value: unknown,
  path: readonly string[],
  isNamed: boolean,
): readonly string[] | undefined {
  // `!env` and the like: what is typed is where it is, or what it is encrypted as.
  if (value instanceof Secret) return undefined;
  if (typeof value === 'string') return isNamed || looksSecretValue(value) ? path : undefined;
  if (typeof value === 'number' || typeof value === 'bigint') return isNamed ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    // A name that has a password in it is not told.
    if (looksSecretValue(name)) return path.length === 0 ? ['(a name)'] : path;
    const found = firstSecret(item, [...path, name], isNamed || looksSecret(name));
    if (found !== undefined) return found;
  }
  return undefined;
}
