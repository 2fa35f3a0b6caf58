import { structuredPatch } from 'diff';

/**
 * The library gives up past so many added and removed lines: 50 ms in the worst case, measured. A bound in
 * time would make the outcome depend on the machine.
 */
const MOST_EDITS = 500;

/** The unified diff of two texts, without file names; undefined where they differ too much to be read. */
export function textDiff(from: string, to: string): string[] | undefined {
  // Nothing to compare, so a new text is shown however long it is.
  if (from === '')
    return to
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `+${line}`);
  const patch = structuredPatch('', '', from, to, '', '', { context: 3, maxEditLength: MOST_EDITS });
  return patch?.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`,
    ...lines,
  ]);
}

// The format counts from the line before, where a side has no lines; the library's hunks do not.
function range(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}
