/** A place in a text as people count: lines and columns from 1, a byte order mark not counted. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Tells where the offsets of a text are; of many of them in no long time. */
export function placesIn(text: string): (offset: number) => TextPlace {
  const starts = [text.startsWith('\uFEFF') ? 1 : 0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let first = 0;
    let last = starts.length - 1;
    while (first < last) {
      const middle = Math.ceil((first + last) / 2);
      if ((starts[middle] ?? 0) <= offset) first = middle;
      else last = middle - 1;
    }
    return { line: first + 1, column: Math.max(0, offset - (starts[first] ?? 0)) + 1 };
  };
}
