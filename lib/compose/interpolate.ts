/** The value of a variable; none where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Docker reads an operator behind a name without braces too, up to the end: `$A-b c` is `${A-b c}`. */
const reference = /\$(?:(\$)|([_a-z][_a-z0-9]*(?::?[-?][^}]*)?)|\{([_a-z][_a-z0-9]*(?::?[-?][^}]*)?)\}|)/gi;

/** In the order in which docker looks for them, wherever in the reference they stand. */
const operators = [':-', '-', ':?', '?'] as const;

/**
 * Puts variables into a text as docker does: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`,
 * `${NAME:?message}`, `${NAME?message}`, and `$$` for a dollar sign. One that is not set is empty.
 * @throws Error where a required variable is missing, or a dollar sign is followed by none of these
 */
export function interpolate(text: string, lookup: Lookup): string {
  return text.replace(reference, (_whole, escaped, bare, braced) => {
    if (escaped !== undefined) return '$';
    const inner: string | undefined = bare ?? braced;
    if (inner === undefined)
      throw new Error(`'${text}' is no valid use of a variable: write $$ for a dollar sign`);
    const { name, operator, word } = partsOf(inner);
    const value = lookup(name);
    const isMissing = value === undefined || (operator?.startsWith(':') && value === '');
    if (!isMissing) return value;
    if (operator?.endsWith('?')) throw new Error(`the variable ${name} is not set: ${word}`);
    return word;
  });
}

/** The names of the variables in a text. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(reference)].flatMap(([, , bare, braced]) => {
    const inner = bare ?? braced;
    return inner === undefined ? [] : [partsOf(inner).name];
  });
}

function partsOf(inner: string) {
  const operator = operators.find((each) => inner.includes(each));
  if (operator === undefined) return { name: inner, operator, word: '' };
  const at = inner.indexOf(operator);
  return { name: inner.slice(0, at), operator, word: inner.slice(at + operator.length) };
}
