import type { Collection, Entry } from './collection.ts';
import { emptied } from './emptied.ts';
import { fill } from './insert.ts';
import { type Layout, layoutOf, quotingOf } from './layout.ts';
import { columnOf, nextLine, splice } from './lines.ts';
import type { Yaml } from './parse-yaml.ts';
import type { Plain } from './path.ts';
import {
  bare,
  blockBody,
  flowValue,
  holdsLines,
  isFilled,
  literal,
  plainOrQuoted,
  quoted,
  type Style,
} from './render.ts';

/**
 * Ways to write another value where one is, the closest to how it was written first. The first that reads
 * back as meant is the one.
 */
export function replacements(yaml: Yaml, entry: Entry, holder: Collection, value: Plain): readonly string[] {
  const layout = layoutOf(yaml);
  const style = { layout, quoting: quotingOf(holder) };
  if (isFilled(value) && !holder.flow) return [fill(yaml.text, entry, blockBody(value, style), layout)];
  const lines = inLiteral(yaml.text, entry, value, layout);
  const inline = inlineTexts(entry, holder, value, style).map((text) => putInline(yaml.text, entry, text));
  return lines === undefined ? inline : [lines, ...inline];
}

function inlineTexts(entry: Entry, { flow }: Collection, value: Plain, style: Style): readonly string[] {
  if (typeof value === 'object' && value !== null) return [flowValue(value, style)];
  if (typeof value !== 'string') return [bare(value)];
  const double = quoted(value, 'QUOTE_DOUBLE');
  switch (entry.value?.token.type) {
    case 'double-quoted-scalar':
      return [double];
    case 'single-quoted-scalar':
      return [quoted(value, 'QUOTE_SINGLE'), double];
    default: {
      const { quoting, layout } = style;
      const plain = plainOrQuoted(value, flow, quoting.texts ?? layout.quote);
      return [quoting.texts === undefined ? plain : quoted(value, quoting.texts), double];
    }
  }
}

function putInline(text: string, entry: Entry, inline: string): string {
  const { value, head, hasColon, key } = entry;
  const isBlock = value?.token.type.startsWith('block-');
  if (value !== undefined && !isBlock) return splice(text, { ...value, text: inline });
  const lead = key !== undefined && !hasColon ? ': ' : ' ';
  return splice(emptied(text, entry), { start: head, end: head, text: lead + inline });
}

/** A literal block keeps its header's comment and its depth. */
function inLiteral(text: string, { value, start }: Entry, wanted: Plain, layout: Layout): string | undefined {
  if (value?.token.type !== 'block-scalar' || typeof wanted !== 'string') return undefined;
  const oneLine = /^\S.*$/.test(wanted);
  if (!oneLine && !holdsLines(wanted)) return undefined;
  const header = /^([|>])([-+\d]*)/.exec(text.slice(value.start));
  const body = nextLine(text, value.start);
  const depth = /^( *)\S/m.exec(text.slice(body, value.end))?.[1]?.length;
  const written = literal(wanted, depth ?? columnOf(text, start) + layout.step);
  const [indicator = ''] = header ?? [];
  // What is folded stays so where it is one line, which is all that both ways of writing read alike.
  const kind = header?.[1] === '>' && !wanted.trimEnd().includes('\n') ? '>' : '|';
  const lines = written.lines.replaceAll('\n', layout.lineEnd);
  const isCut = !text.slice(0, value.end).endsWith('\n');
  return splice(
    text,
    { start: value.start, end: value.start + indicator.length, text: kind + written.header.slice(1) },
    { start: body, end: value.end, text: isCut ? lines.replace(/\r?\n$/, '') : lines },
  );
}
