// JSON leaves these as they are, but a terminal may obey them and some readers end a line at them.
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** A value as one line of JSON, its newline included; nothing in it steers a terminal. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSAFE, escaped)}\n`;
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
