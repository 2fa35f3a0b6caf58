/** A point in a text that is read from its start to its end, by patterns that are sticky (`/y`). */
export interface Cursor {
  at: number;
  /** Whether this fits here. */
  is(pattern: RegExp): boolean;
  /** Passes over what fits here, and says whether anything does. */
  skip(pattern: RegExp): boolean;
  /** Passes over what fits here and returns it. */
  take(pattern: RegExp): string | undefined;
  /** The character here. */
  here(): string | undefined;
  /** The same, which is passed over. */
  next(): string | undefined;
}

/** Stands at the start of a text. */
export function createCursor(text: string): Cursor {
  const cursor: Cursor = {
    at: 0,
    is(pattern) {
      pattern.lastIndex = cursor.at;
      return pattern.test(text);
    },
    skip(pattern) {
      const fits = cursor.is(pattern);
      if (fits) cursor.at = pattern.lastIndex;
      return fits;
    },
    take(pattern) {
      const start = cursor.at;
      return cursor.skip(pattern) ? text.slice(start, cursor.at) : undefined;
    },
    here: () => text[cursor.at],
    next: () => text[cursor.at++],
  };
  return cursor;
}
