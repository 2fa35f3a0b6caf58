const SECRET_WORD = /pass(word|wd|phrase)|(^|[^a-z])pass$|secret|token/i;
const SECRET_PAIR = /([\w.-]*(?:pass(?:word|wd|phrase)|pass|secret|token)[\w.-]*["']?\s*[:=]\s*)(?=\S).*$/i;

/** Whether a variable of that name is likely to hold a secret: its value is then left out of messages. */
export function looksSecret(name: string): boolean {
  return SECRET_WORD.test(name);
}

/**
 * A line of a file as it may be shown: the value of a password is taken out, whatever it stands in.
 * @example hideSecrets('ansible_password: abc') // 'ansible_password: <hidden>'
 */
export function hideSecrets(line: string): string {
  return line.replace(SECRET_PAIR, '$1<hidden>');
}
