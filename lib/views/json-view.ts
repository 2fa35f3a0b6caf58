import { jsonLine } from '../json-line.ts';
import { flush } from './flush.ts';
import type { Output, View } from './view.ts';

/** One event a line, exactly as it happened. */
export function createJsonView(out: Output): View {
  return {
    handle(event) {
      out.write(jsonLine(event));
    },
    // What is on stdout is for a program; nobody is asked there.
    suspend: () => () => {},
    end: () => flush(out),
  };
}
