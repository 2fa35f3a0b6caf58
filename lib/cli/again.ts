import { basename } from 'node:path';
import { looksSecret, looksSecretValue } from '../looks-secret.ts';
import { posixQuote } from '../posix-quote.ts';

/**
 * The command line that goes on with a run: the same one, with a file of variables more. Variables on it whose names
 * look like those of secrets are not repeated.
 * @param argv as the process has it
 * @example again(['node', '/usr/bin/dabook', 'run', 'ha.ts', '-i', 'hosts.yml'], 'answers.yml')
 * // 'dabook run ha.ts -i hosts.yml -e @answers.yml'
 */
export function again(argv: readonly string[], file: string): string {
  const [, script = 'dabook', ...words] = argv;
  const given = words.some((word) => word.endsWith(`@${file}`));
  const shown = words.map((word, index) => {
    const isVars = /^(-e|--extra-vars)$/.test(words[index - 1] ?? '') || /^(-e.|--extra-vars=)/.test(word);
    return isVars && holdsSecret(word) ? '<hidden>' : word;
  });
  const all = [basename(script, '.cjs'), ...shown, ...(given ? [] : ['-e', `@${file}`])];
  return all.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : posixQuote(word))).join(' ');
}

function holdsSecret(vars: string): boolean {
  const names = vars.match(/[\w.-]+(?=["']?\s*[=:])/g) ?? [];
  return !/^(-e|--extra-vars=)?@/.test(vars) && (names.some(looksSecret) || looksSecretValue(vars));
}
