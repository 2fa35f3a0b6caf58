import type { Spot } from './finding.ts';
import type { ParsedFile, Path } from './parse-file.ts';

/** Where the last file that says something of it has a path: that file's word is the one that counts. */
export function lastSpot(files: readonly ParsedFile[], path: Path): Spot | undefined {
  return files.findLast((file) => file.has(path))?.spot(path);
}
