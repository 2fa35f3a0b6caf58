import type { Paint, Tone } from './paint.ts';
import { column, fitMiddle, width } from './width.ts';

/** One line of a profile's table: a name, numbers, and perhaps a word on the right. */
export interface Row {
  readonly name: string;
  readonly cells: readonly string[];
  readonly end?: string;
  readonly tone?: Tone;
}

/** Columns of a number, with the blank before it. */
const CELL = 8;
const INDENT = 2;
const NARROWEST_NAME = 12;
const WIDEST_END = 14;

/** Rows as lines with their numbers below one another. Names have the room that numbers leave, and are cut to it. */
export function rowLines(rows: readonly Row[], columns: number, paint: Paint): string[] {
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(width));
  const end = Math.min(WIDEST_END, widest(rows.map((row) => row.end ?? '')));
  const numbers = CELL * Math.max(0, ...rows.map(({ cells }) => cells.length));
  const room = columns - INDENT - numbers - (end > 0 ? end + INDENT : 0);
  const name = Math.max(NARROWEST_NAME, Math.min(room, widest(rows.map((row) => row.name))));
  return rows.map((row) => {
    const cells = row.cells.map((cell) => cell.padStart(CELL)).join('');
    const beside = row.end === undefined ? '' : ' '.repeat(INDENT) + fitMiddle(row.end, end);
    const line = ' '.repeat(INDENT) + column(fitMiddle(row.name, name), name) + cells + beside;
    return row.tone === undefined ? line.trimEnd() : paint(row.tone, line.trimEnd());
  });
}
