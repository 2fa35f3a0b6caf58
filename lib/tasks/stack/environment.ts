import { looksSecret, looksSecretValue } from '../../looks-secret.ts';
import { type Secret, secret } from '../../secret.ts';

/**
 * A container's environment by name, in any order. Values that look secret, by their name or with a login
 * in an address, are kept as secrets: they are compared and never shown.
 * @param entries `NAME=value`, or `NAME` alone
 */
export function environment(entries: readonly string[]): Readonly<Record<string, string | Secret>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 0) return [entry, '(no value)'];
      const name = entry.slice(0, at);
      // The whole entry is the secret: a value such as "admin" alone would be redacted in places that do not mean it.
      const value = entry.slice(at + 1);
      const isSecret = looksSecret(name) || looksSecretValue(value);
      return [name, isSecret ? secret(`value of ${name}`, entry) : value];
    }),
  );
}
