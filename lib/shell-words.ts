/**
 * Splits a command line into words, with quotes and backslashes as a shell has them, and comments left out.
 * @throws Error where a quote is not closed
 * @example shellWords(`sh -c "sleep 10"`) // ['sh', '-c', 'sleep 10']
 */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  const token = /\s+|#[^\n]*|((?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[^\s'"\\])+)/gy;
  for (let match = token.exec(line); match !== null; match = token.exec(line)) {
    if (match[1] !== undefined) words.push(unquoted(match[1]));
    if (token.lastIndex === line.length) return words;
  }
  if (line === '') return words;
  throw new Error(`'${line}' has a quote that is not closed`);
}

function unquoted(word: string): string {
  return word.replace(/\\([\s\S])|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"/g, (_whole, escaped, single, double) => {
    if (escaped !== undefined) return escaped;
    if (single !== undefined) return single;
    return (double as string).replace(/\\([\s\S])/g, '$1');
  });
}
