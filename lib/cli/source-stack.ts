import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join } from 'node:path';

/** The bundle is one script. */
const PLACE = /(?<=\(|\bat (?:async )?)(\/[^()\n]+\.cjs):(\d+):(\d+)/g;

/**
 * A stack trace with places of dabook's source in it instead of those of its bundle. Places without a map
 * beside their file stay as they are.
 */
export function sourceStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(PLACE, (place: string, file: string, line, column) => {
    if (!maps.has(file)) maps.set(file, readMap(file));
    const found = maps.get(file)?.findOrigin(Number(line), Number(column));
    if (found === undefined || !('fileName' in found)) return place;
    return `${join(dirname(file), found.fileName)}:${found.lineNumber}:${found.columnNumber}`;
  });
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
