import type { InputFault, Position } from '../input-fault.ts';
import { visibleText } from '../visible.ts';

/** Faults at one place that are told in full: a wrong variable of a group concerns each of its hosts. */
const MOST_AT_ONE_PLACE = 3;
/** Characters of a message, which may quote the input, and of a hint. */
const LONGEST = 1000;
/** Places that are told: whoever has more has made one mistake many times. */
const MOST_PLACES = 200;
/** Characters of a quoted line. */
const WIDEST = 120;

/**
 * All faults as they are shown to a person: place and message, the quoted line with a caret under the column, what
 * to do; at the end, how many there are. In the order of their places, those without one first. What would steer a
 * terminal is made visible.
 * @example
 * hosts.yml:12:21: ansible_port must be a whole number from 1 to 65535, not "ssh"
 *    12 |       ansible_port: ssh
 *       |                     ^
 */
export function renderFaults(faults: readonly InputFault[]): string {
  const places = new Map<string, InputFault[]>();
  for (const fault of faults) {
    const place = placeOf(fault);
    // faults without a position have nothing in common
    const key = place || `${places.size}`;
    places.set(key, [...(places.get(key) ?? []), fault]);
  }
  const sorted = [...places.values()].sort(([a], [b]) => compare(a?.position, b?.position));
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  const shown = sorted.slice(0, MOST_PLACES);
  const more = sorted.length > shown.length ? [`… and ${sorted.length - shown.length} more places`, ''] : [];
  return [...shown.flatMap(renderPlace).map(visibleText), ...more, `${count} in the input`].join('\n');
}

function placeOf({ position }: InputFault): string {
  return position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
}

function compare(a: Position | undefined, b: Position | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function renderPlace(faults: readonly InputFault[]): readonly string[] {
  const told = faults.slice(0, MOST_AT_ONE_PLACE);
  const position = told[0]?.position;
  const hints = new Set(told.flatMap(({ hint }) => hint ?? []));
  const more = faults.length - told.length;
  return [
    ...told.map((fault) => placeOf(fault) + cut(fault.message)),
    ...(more > 0 ? [`${placeOf(faults[0] ?? { message: '' })}… and ${more} more here`] : []),
    ...(position === undefined ? [] : quote(position)),
    ...[...hints].flatMap((hint) =>
      cut(hint)
        .split('\n')
        .map((line) => `  ${line}`),
    ),
    '',
  ];
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The line with a caret under its column. Of a long line, the part round the column. */
function quote({ line, column, text }: Position): readonly string[] {
  // of what was encrypted no line is quoted
  if (text === '') return [];
  const start = column > WIDEST - 20 ? column - WIDEST / 2 : 0;
  const part = text.slice(start, start + WIDEST);
  const quoted = `${start > 0 ? '…' : ''}${part}${start + part.length < text.length ? '…' : ''}`;
  const before = quoted.slice(0, column - 1 - start + (start > 0 ? 1 : 0));
  // tabs stay tabs, so that the caret stands where the terminal puts the column
  const indent = visibleText(before).replace(/[^\t]/g, ' ');
  const number = String(line);
  return [`  ${number} | ${quoted}`, `  ${' '.repeat(number.length)} | ${indent}^`];
}
