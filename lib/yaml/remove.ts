import type { Collection, Entry } from './collection.ts';
import { commaBehind } from './insert.ts';
import { beginsLine, columnOf, lineStart, linesEnd, nextLine, restOfLine, type Splice } from './lines.ts';
import type { Yaml } from './parse-yaml.ts';

/** What takes an entry out of a text: its own lines, and the comment above that is about it alone. */
export function cuts({ text, contents }: Yaml, entry: Entry, holder: Collection): readonly Splice[] {
  const index = holder.entries.indexOf(entry);
  if (holder.flow) return cutsInline(text, holder, index);
  if (!beginsLine(text, entry.start)) return [cutBehindDash(text, holder)];
  const isHeader = index === 0 && contents?.range[0] === holder.start;
  return [cutLines(text, holder, index, isHeader)];
}

/** The first entry of a mapping that begins behind a dash: the next one takes its place. */
function cutBehindDash(text: string, { entries: [first, next] }: Collection): Splice {
  const [start, end] = [first?.start ?? 0, first?.end ?? 0];
  if (next !== undefined && /^\s*$/.test(text.slice(end, next.start)))
    return { start, end: next.start, text: '' };
  // Comments in between stay where they are, and before them only the dash.
  const blanks = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  return { start: start - blanks, end: end + restOfLine(text, end).length, text: '' };
}

function cutLines(text: string, { entries }: Collection, index: number, isHeader: boolean): Splice {
  const [before, entry, next] = [entries[index - 1], entries[index], entries[index + 1]];
  if (entry === undefined) return { start: 0, end: 0, text: '' };
  const column = columnOf(text, entry.start);
  const own = lineStart(text, entry.start);
  const end = linesEnd(text, entry.end, column);
  const isShared = nextLine(text, own) === end && next !== undefined && lineStart(text, next.start) === end;
  const floor = before === undefined ? 0 : before.end;
  const start = isHeader || isShared ? own : commentStart(text, own, column, floor);
  const isLast = next === undefined;
  const above = lineAbove(text, start);
  const isBlankBelow = end < text.length && restOfLine(text, end).trim() === '';
  // One of two blank lines goes with what stood between them.
  if (before !== undefined && above?.trim() === '' && (isBlankBelow || isLast)) {
    const blank = lineStart(text, start - 1);
    if (blank >= floor) return endCut(text, blank, end);
  }
  if (before === undefined && isBlankBelow && !isLast && !above?.trim().startsWith('#')) {
    return { start, end: nextLine(text, end), text: '' };
  }
  return endCut(text, start, end);
}

/** A text whose last line has no end keeps it so. */
function endCut(text: string, start: number, end: number): Splice {
  if (end < text.length || text.endsWith('\n')) return { start, end, text: '' };
  const lineEnd = /\r?\n$/.exec(text.slice(0, start))?.[0].length ?? 0;
  return { start: start - lineEnd, end, text: '' };
}

/** Where the comment lines directly above a line begin, those in its column; the line itself without any. */
function commentStart(text: string, line: number, column: number, floor: number): number {
  const above = lineAbove(text, line);
  if (above === undefined || !above.trimStart().startsWith('#')) return line;
  const start = lineStart(text, line - 1);
  const isOurs = start >= floor && above.length - above.trimStart().length === column;
  return isOurs ? commentStart(text, start, column, floor) : line;
}

function lineAbove(text: string, line: number): string | undefined {
  return line <= lineStart(text, 0) ? undefined : restOfLine(text, lineStart(text, line - 1));
}

/** An entry of a flow collection with one of the commas beside it. */
function cutsInline(text: string, { entries, start, end }: Collection, index: number): readonly Splice[] {
  const [before, entry, next] = [entries[index - 1], entries[index], entries[index + 1]];
  if (entry === undefined) return [];
  const isPlain = (from: number, to: number) => !text.slice(from, to).includes('#');
  if (entries.length === 1 && isPlain(start + 1, entry.start) && isPlain(entry.end, end))
    return [{ start: start + 1, end: end - 1, text: '' }];
  const comma = commaBehind(text, entry.end, end - 1);
  const behind = comma ?? entry.end;
  const earlier = before && commaBehind(text, before.end, entry.start);
  // Where no comma follows, the one before goes: not every reader takes one at the end.
  const separator =
    comma === undefined && earlier !== undefined ? [{ start: earlier - 1, end: earlier, text: '' }] : [];
  const isAlone = beginsLine(text, entry.start) && /^[ \t]*(#.*)?$/.test(restOfLine(text, behind));
  if (isAlone) {
    const lines = { start: lineStart(text, entry.start), end: nextLine(text, behind), text: '' };
    if (lines.end < end) return [...separator, lines];
  }
  if (next !== undefined && isPlain(entry.end, next.start))
    return [{ start: entry.start, end: next.start, text: '' }];
  if (next === undefined && before !== undefined && isPlain(before.end, entry.start))
    return [{ start: before.end, end: entry.end, text: '' }];
  return [...separator, { start: entry.start, end: behind, text: '' }];
}
