import { flush } from './flush.ts';
import type { Output, View } from './view.ts';

// JSON leaves these as they are, but a terminal may obey them and some readers end a line at them.
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** One event a line, exactly as it happened. */
export function createJsonView(out: Output): View {
  return {
    handle(event) {
      out.write(`${JSON.stringify(event).replace(UNSAFE, escaped)}\n`);
    },
    // What is on stdout is for a program; nobody is asked there.
    suspend: () => () => {},
    end: () => flush(out),
  };
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
