import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * A stack trace with places of dabook's source in it instead of those of its bundle. Places without a map
 * beside their file stay as they are.
 */
export function sourceStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(/(file:\/\/\/[^\s()]+\.js):(\d+):(\d+)/g, (place, url: string, line, column) => {
    if (!maps.has(url)) maps.set(url, readMap(url));
    const found = maps.get(url)?.findOrigin(Number(line), Number(column));
    if (found === undefined || !('fileName' in found)) return place;
    return `${fileURLToPath(new URL(found.fileName, url))}:${found.lineNumber}:${found.columnNumber}`;
  });
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
