import fs, { type PathLike } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { strayIn } from './allowed.ts';
import { hit } from './hits.ts';
import { markerOf } from './marker.ts';
import { searchFiles } from './search-files.ts';

/**
 * From now on whatever this process removes is searched before it goes: folders of tests with journals, plans, reports
 * and caches of dabook, and what dabook itself removes where it is run within the test.
 */
export function checkRemovals(): void {
  for (const name of ['rm', 'rmSync', 'unlink', 'unlinkSync'] as const) checkFirst(fs, name);
  for (const name of ['rm', 'unlink'] as const) checkFirst(fs.promises, name);
  syncBuiltinESMExports();
}

function checkFirst<Name extends string>(
  functions: Record<Name, (...given: never[]) => unknown>,
  name: Name,
): void {
  const remove = functions[name] as (...given: unknown[]) => unknown;
  functions[name] = (path: PathLike, ...rest: unknown[]) => {
    checkFiles(path instanceof URL ? fileURLToPath(path) : String(path));
    return remove(path, ...rest);
  };
}

/** Tells of canaries in a file, or in a folder with all that is in it, that are not meant to be there. */
export function checkFiles(path: string): void {
  for (const found of searchFiles(path, markerOf())) {
    const stray = strayIn(found.path, found.names);
    if (stray.length > 0) hit(stray, `in the file ${found.path}`);
  }
}
