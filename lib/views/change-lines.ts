import { counted } from '../counted.ts';
import type { Change, Json } from '../events.ts';
import { visible, visibleLines } from '../visible.ts';
import { changedLines } from './changed-lines.ts';
import type { Paint, Tone } from './paint.ts';
import { textDiff } from './text-diff.ts';
import { fit, fitMiddle, width } from './width.ts';

const SIGNS = { add: '+', change: '~', remove: '-' } as const;
const TONES = { add: 'green', change: 'yellow', remove: 'red' } as const satisfies Record<string, Tone>;

/**
 * One change as its reader sees it.
 * @param style `diff`: whole texts as a unified diff, instead of how many of their lines change
 * @example ['+ labels.x: true'], ['~ mode: 0644 -> 0600'], ['- labels.old: true'], ['~ content: 12 lines changed']
 */
export function changeLines(
  change: Change,
  style: { readonly columns: number; readonly diff: boolean; readonly paint: Paint },
): string[] {
  const { paint, columns } = style;
  const tone = TONES[change.op];
  const sign = paint(tone, SIGNS[change.op]);
  const path = visible(change.path);
  const line = (text: string) => `${sign} ${fitMiddle(text, columns - 2)}`;
  const named = (text: string) => line(path === '' ? text : `${path}: ${text}`);

  if (change.op === 'remove')
    return [typeof change.from === 'object' && path !== '' ? line(path) : named(shown(change.from))];

  const from = change.op === 'add' ? '' : change.from;
  const { to } = change;
  if (typeof from === 'string' && typeof to === 'string' && `${from}${to}`.includes('\n')) {
    if (!style.diff) return [named(textInShort(from, to, change.op))];
    const unified = textDiff(from, to);
    if (unified === undefined) return [named(tooDifferent(from, to))];
    const head = path === '' ? 'text' : path;
    return [line(`${head}:`), ...unified.flatMap(visibleLines).map((text) => diffLine(text, paint))];
  }
  if (change.op === 'add') return [named(shown(to))];

  const [before, after] = toldApart(change.from, to);
  const whole = path === '' ? `${before} -> ${after}` : `${path}: ${before} -> ${after}`;
  if (width(whole) <= columns - 2) return [`${sign} ${whole}`];
  // Beneath each other, so that what differs can be seen however long the values are.
  const skipped = hiddenPrefix(before, after, columns - 6);
  return [
    line(path === '' ? 'changes' : `${path}:`),
    `    ${paint('red', '-')} ${fit(skipped(before), columns - 6)}`,
    `    ${paint('green', '+')} ${fit(skipped(after), columns - 6)}`,
  ];
}

/** A value on one line. A string stands without quotes, unless nobody could see where it begins and ends. */
function shown(value: Json | undefined): string {
  if (value === undefined) return '(none)';
  if (typeof value !== 'string') return visible(JSON.stringify(value));
  return value === '' || value.trim() !== value ? visible(JSON.stringify(value)) : visible(value);
}

/** Two values that differ, shown so that one can see that they do: `"1" -> 1`. */
function toldApart(from: Json | undefined, to: Json | undefined): [string, string] {
  const plain: [string, string] = [shown(from), shown(to)];
  if (plain[0] !== plain[1]) return plain;
  return [visible(JSON.stringify(from) ?? '(none)'), visible(JSON.stringify(to) ?? '(none)')];
}

/** Leaves out as much of a common beginning as must go for both texts to show where they differ. */
function hiddenPrefix(before: string, after: string, columns: number): (text: string) => string {
  if (Math.max(width(before), width(after)) <= columns) return (text) => text;
  const [a, b] = [Array.from(before), Array.from(after)];
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const needed = Math.max(a.length, b.length) - (columns - 1);
  const hidden = Math.min(needed, same - Math.floor(columns / 3));
  return hidden <= 0 ? (text) => text : (text) => `…${Array.from(text).slice(hidden).join('')}`;
}

function textInShort(from: string, to: string, op: 'add' | 'change'): string {
  if (op === 'add') return counted(lineCount(to), 'line');
  const changed = changedLines(from, to);
  return changed === 0 ? 'its lines in another order' : `${counted(changed, 'line')} changed`;
}

function tooDifferent(from: string, to: string): string {
  return `${counted(lineCount(from), 'line')} -> ${counted(lineCount(to), 'other line')}`;
}

function lineCount(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

function diffLine(text: string, paint: Paint): string {
  const tone = text.startsWith('+') ? 'green' : text.startsWith('-') ? 'red' : 'dim';
  return `    ${text.startsWith(' ') ? text : paint(tone, text)}`;
}
