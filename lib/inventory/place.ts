import { LineCounter } from 'yaml';
import type { Position } from '../input-fault.ts';
import { isBelowSecret } from './below-secret.ts';
import { HIDDEN, hideSecrets } from './hide-secrets.ts';

/** A text that the inventory comes from, kept so that any part of it can be quoted later. */
export interface SourceText {
  /** As it is shown to a person. */
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  /** What paths in it start from. */
  readonly folder?: string | undefined;
  /** What it was encrypted with: no line of it is quoted. */
  readonly sealed?: 'vault' | 'age' | undefined;
}

/** A point in a source. Kept instead of a {@link Position}, which is made only for what is shown. */
export interface Place {
  readonly source: SourceText;
  readonly offset: number;
}

/** A text of a file, of a command-line argument or of a module, with its lines counted. */
export function sourceText(
  file: string,
  text: string,
  more: Pick<SourceText, 'folder' | 'sealed'> = {},
): SourceText {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return { ...more, file, text, lines };
}

/** The position of a value that must not be used as it stands: a template that nobody evaluates. */
interface UnreadPosition extends Position {
  readonly unread: true;
}

/** Marks the position of a template, so that who asks where a value stands learns of it. */
export function unreadPosition(place: Place): Position {
  const position: UnreadPosition = { ...positionOf(place), unread: true };
  return position;
}

/** Whether a value that stands there is a template, rather than a text with braces that is meant so. */
export function isUnread(position: Position | undefined): boolean {
  return position !== undefined && 'unread' in position;
}

/** Line, column (both from 1) and the quoted line of a place, without the passwords that stand in it. */
export function positionOf(place: Place): Position {
  const { source, offset } = place;
  const { line, col } = source.lines.linePos(offset);
  const quoted = source.sealed === undefined ? shownLine(place) : '';
  return { file: source.file, line: Math.max(line, 1), column: Math.max(col, 1), text: quoted };
}

/**
 * Whether a message may quote what stands at a place. Of what was encrypted it may quote nothing, nor of a line with a
 * password: without quotes round it, one that begins with `*` or `!` reads as an alias or a tag.
 */
export function mayQuote(place: Place): boolean {
  return place.source.sealed === undefined && shownLine(place) === lineOf(place);
}

/** The line of a place without what is likely to be a secret in it. */
function shownLine(place: Place): string {
  const line = lineOf(place);
  return isBelowSecret(line, linesAbove(place)) ? line.replace(/\S.*/, HIDDEN) : hideSecrets(line);
}

/** Lines above one that are looked at; what is further away is taken for another thing's. */
const FARTHEST = 1000;

/** The lines above that of a place, the nearest first. */
function* linesAbove({ source, offset }: Place): Iterable<string> {
  const index = source.lines.linePos(offset).line - 1;
  for (let above = index - 1; above >= Math.max(0, index - FARTHEST); above--) yield lineAt(source, above);
}

function lineOf({ source, offset }: Place): string {
  return lineAt(source, source.lines.linePos(offset).line - 1);
}

function lineAt({ text, lines }: SourceText, index: number): string {
  const start = lines.lineStarts[index] ?? 0;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}
