import { type Secret, secret } from '../../secret.ts';

/** Names of variables whose values are not for people's eyes; a name that ends in FILE holds a path. */
const sensitive = /(password|passwd|passphrase|secret|token|private_?key|api_?key|credential)(?!.*file$)/i;

/**
 * A container's environment by name, in any order. Values that look secret by their name are kept as
 * secrets: they are compared and never shown.
 * @param entries `NAME=value`, or `NAME` alone
 */
export function environment(entries: readonly string[]): Readonly<Record<string, string | Secret>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 0) return [entry, '(no value)'];
      const name = entry.slice(0, at);
      // The whole entry is the secret: a value such as "admin" alone would be redacted in places that do not mean it.
      return [name, sensitive.test(name) ? secret(`value of ${name}`, entry) : entry.slice(at + 1)];
    }),
  );
}
