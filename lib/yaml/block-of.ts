import { findPlace } from './find-place.ts';
import { columnOf, dedented, linesEnd } from './lines.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Path, showPath } from './path.ts';

/**
 * An entry of a mapping as it is written, for use as `block` in an edit of this or another text: its key's
 * line and those below, with the comments among them, from column 0, with newlines as line ends.
 * @returns `undefined` where there is no such entry
 * @throws DabookError `refused` for what `editYaml` refuses to read, and for an item of a list
 * @example blockOf(text, ['services', 'policy']) // 'policy:\n  image: registry.example/policy:1\n'
 */
export function blockOf(text: string, path: Path): string | undefined {
  const yaml = parseYaml(text);
  const place = findPlace(yaml, path);
  if (place.kind !== 'entry') return undefined;
  const { entry, holder } = place;
  if (holder.kind === 'list') {
    throw yaml.refuse(entry.start, `${showPath(path)} is an item of a list, not an entry of a mapping`);
  }
  const column = columnOf(text, entry.start);
  const end = holder.flow ? entry.end : linesEnd(text, entry.end, column);
  const lines = text.slice(entry.start, end).replaceAll('\r\n', '\n');
  const block = dedented(`${' '.repeat(column)}${lines}`, column);
  return block.endsWith('\n') ? block : `${block}\n`;
}
