import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A module is named by its URL, a script by its path. */
const PLACE = /(?<=\(|\bat (?:async )?)((?:file:\/\/)?\/[^()\n]+\.c?js):(\d+):(\d+)/g;

/**
 * A stack trace with places of dabook's source in it instead of those of its bundle. Places without a map
 * beside their file stay as they are.
 */
export function sourceStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(PLACE, (place: string, file: string, line, column) => {
    const url = file.startsWith('/') ? pathToFileURL(file).href : file;
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
