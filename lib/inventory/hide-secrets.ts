import { looksSecret, withoutLogins } from '../looks-secret.ts';

/** In the place of a secret. */
export const HIDDEN = '<hidden>';
/** What names a secret, rather than being one. */
const TAGGED = /^!(?:env|file|exec|vault|vault-encrypted)(?![\w-])/;
/** A name with its colon or equals sign, where a value follows. */
const NAME = /(?<![\w.-])([\w.-]+)["']?\s*[:=]\s*(?=\S)/g;

/**
 * A line of a file as it may be shown: the value of a password is taken out, whatever it stands in.
 * @example hideSecrets('ansible_password: abc') // 'ansible_password: <hidden>'
 */
export function hideSecrets(line: string): string {
  for (const { 0: before, 1: name = '', index } of line.matchAll(NAME)) {
    if (TAGGED.test(line.slice(index + before.length))) continue;
    if (looksSecret(name)) return withoutLogins(line.slice(0, index), HIDDEN) + before + HIDDEN;
  }
  return withoutLogins(line, HIDDEN);
}
