import type { Entry } from './collection.ts';
import { beginsLine, columnOf, lineStart, linesEnd, nextLine, splice } from './lines.ts';

/** The text without an entry's value: `key:` and the comment behind it stay. */
export function emptied(text: string, { value, start, head }: Entry): string {
  if (value === undefined) return text;
  switch (value.token.type) {
    case 'block-map':
    case 'block-seq':
      if (beginsLine(text, value.start)) {
        const from = lineStart(text, value.start);
        const cut = splice(text, {
          start: from,
          end: linesEnd(text, value.end, columnOf(text, start)),
          text: '',
        });
        // The last line of a text that ends without a line end.
        return text.endsWith('\n') || from < cut.length ? cut : cut.replace(/\r?\n$/, '');
      }
      return splice(text, { start: head, end: withoutLineEnd(text, value.end), text: '' });
    case 'block-scalar': {
      const indicator = /^[|>][-+\d]*/.exec(text.slice(value.start))?.[0] ?? '';
      const body = nextLine(text, value.start);
      return splice(
        text,
        { start: head, end: value.start + indicator.length, text: '' },
        { start: body, end: Math.max(body, value.end), text: '' },
      );
    }
    default:
      return splice(text, { start: head, end: value.end, text: '' });
  }
}

function withoutLineEnd(text: string, end: number): number {
  return end - (/\r?\n$/.exec(text.slice(0, end))?.[0].length ?? 0);
}
