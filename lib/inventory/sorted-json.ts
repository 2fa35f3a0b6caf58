const INDENT = '    ';

/** JSON with sorted keys and four blanks of indentation, as `ansible-inventory` prints it. Secrets show their label. */
export function sortedJson(value: unknown): string {
  return indentedJson(value, '');
}

function indentedJson(value: unknown, before: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if ('toJSON' in value && typeof value.toJSON === 'function') return indentedJson(value.toJSON(), before);
  const inner = before + INDENT;
  if (Array.isArray(value)) {
    return enclosed(
      '[]',
      value.map((item) => inner + indentedJson(item, inner)),
      before,
    );
  }
  const parts: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const part = (value as Record<string, unknown>)[name];
    // what JSON has no word for is left out, as JSON.stringify leaves it out
    if (part === undefined || typeof part === 'function' || typeof part === 'symbol') continue;
    parts.push(`${inner}${JSON.stringify(name)}: ${indentedJson(part, inner)}`);
  }
  return enclosed('{}', parts, before);
}

function enclosed(brackets: string, parts: readonly string[], before: string): string {
  if (parts.length === 0) return brackets;
  return `${brackets[0]}\n${parts.join(',\n')}\n${before}${brackets[1]}`;
}
