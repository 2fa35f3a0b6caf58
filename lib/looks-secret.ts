/** `dbPassword` and `APIKey` as words: a capital begins one. */
const NEW_WORD = /([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g;
const SECRET_WORD =
  /passw(or)?d|passphrase|credential|secret(?!ar)|token(?!i[sz])|(private|access|api)[^a-z]*key|(?<![a-z])(pass|pwd)(?![a-z])/;
/** `POSTGRES_PASSWORD_FILE` holds a path. */
const PATH_WORD = /file$/;
/** What `scheme://user:` is followed by. Starts at `://`, so that a long text takes no long time. */
const LOGIN = /(:\/\/[^\s/?#:@]*:)[^\s/?#@]+(?=@)/;

/**
 * Whether a variable of that name is likely to hold a secret: its value is then shown to nobody.
 * @example looksSecret('db_pass') // true
 * @example looksSecret('compass') // false
 */
export function looksSecret(name: string): boolean {
  const words = name.replace(NEW_WORD, '$1$3_$2$4').toLowerCase();
  return SECRET_WORD.test(words) && !PATH_WORD.test(words);
}

/** Whether a value has a password in it whatever it is named: `scheme://user:password@host`. */
export function looksSecretValue(value: string): boolean {
  return LOGIN.test(value);
}

/** A text without the passwords of the addresses in it. */
export function withoutLogins(text: string, hidden: string): string {
  return text.replace(new RegExp(LOGIN, 'g'), (_all, before: string) => before + hidden);
}
