/** The value of a variable; none where it is not set. */
export type Lookup = (name: string) => string | undefined;

const reference = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{([_a-z][_a-z0-9]*)(?:(:?[-?])([^}]*))?\}|)/gi;

/**
 * Puts variables into a text as docker does: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`,
 * `${NAME:?message}`, `${NAME?message}`, and `$$` for a dollar sign. One that is not set is empty.
 * @throws Error where a required variable is missing, or a dollar sign is followed by none of these
 */
export function interpolate(text: string, lookup: Lookup): string {
  return text.replace(reference, (_whole, escaped, named, braced, operator, word) => {
    if (escaped !== undefined) return '$';
    const name: string | undefined = named ?? braced;
    if (name === undefined)
      throw new Error(`'${text}' is no valid use of a variable: write $$ for a dollar sign`);
    const value = lookup(name);
    const isMissing = value === undefined || (operator?.startsWith(':') && value === '');
    if (!isMissing) return value;
    if (operator?.endsWith('?')) throw new Error(`the variable ${name} is not set: ${word}`);
    return operator === undefined ? '' : word;
  });
}

/** The names of the variables in a text. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(reference)].flatMap(([, , named, braced]) => {
    const name = named ?? braced;
    return name === undefined ? [] : [name];
  });
}
