import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createFinder, findMarker, hasMarker } from './find-marker.ts';
import type { Marker } from './marker.ts';

/** Canaries that are in a file, a link or the name of either. */
export interface FoundInFile {
  readonly path: string;
  readonly names: readonly string[];
}

const PIECE = 2 ** 20;
/** Larger ones, and programs, are searched for what stands in them as it is, since to fold them takes long. */
const FOLDED = 2 ** 22;
const UNPACKED = 2 ** 26;

/**
 * Searches a file, or a folder with all that is in it, for canaries: in names, targets of links, texts and what gzip
 * packed. Links are not followed. What cannot be read, and what has ended meanwhile, has none.
 */
export function searchFiles(path: string, marker: Marker): readonly FoundInFile[] {
  const found: FoundInFile[] = [];
  const search = (at: string, name: string) => {
    const names = [...findMarker(Buffer.from(name), marker)];
    try {
      const stat = lstatSync(at);
      if (stat.isSymbolicLink()) names.push(...findMarker(Buffer.from(readlinkSync(at)), marker));
      else if (stat.isFile()) names.push(...searchFile(at, stat.size, marker));
      if (names.length > 0) found.push({ path: at, names: [...new Set(names)] });
      if (stat.isDirectory() && name !== 'node_modules')
        for (const entry of readdirSync(at)) search(join(at, entry), entry);
    } catch {
      // It has ended, or this user may not look.
    }
  };
  search(path, '');
  return found;
}

/** @param size as it was told; a file of /proc that tells of none, or one that grows, is not read any further */
function searchFile(path: string, size: number, marker: Marker): readonly string[] {
  if (size === 0) return [];
  if (size <= FOLDED) {
    const bytes = readFileSync(path);
    if (isPacked(bytes)) return findMarker(unpacked(bytes), marker);
    return isText(bytes) || hasMarker(bytes, marker) ? findMarker(bytes, marker) : [];
  }
  const overlap = Math.max(...marker.forms.map((form) => form.length));
  const piece = Buffer.allocUnsafe(PIECE + overlap);
  const file = openSync(path, 'r');
  const names = new Set<string>();
  try {
    for (let at = 0; at < size; at += PIECE) {
      const bytes = piece.subarray(0, readSync(file, piece, 0, piece.length, at));
      if (hasMarker(bytes, marker)) for (const name of createFinder(marker)(bytes)) names.add(name);
      if (at === 0 && size <= UNPACKED && isPacked(bytes))
        for (const name of findMarker(unpacked(readFileSync(path)), marker)) names.add(name);
    }
  } finally {
    closeSync(file);
  }
  return [...names];
}

function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, 4096).includes(0);
}

function isPacked(bytes: Buffer): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unpacked(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED });
  } catch {
    return Buffer.alloc(0);
  }
}
