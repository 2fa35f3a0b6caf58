import { isAbsolute, resolve } from 'node:path/posix';
import type { Ask } from '../../fact.ts';
import type { Secret } from '../../secret.ts';
import { isKnown, type Unknown } from '../../unknown.ts';
import { fileState } from '../files/file-state.ts';
import { textFile } from '../files/text-file.ts';

/** The path that a task would write; none for a file named from the login's own folder, wherever that is. */
function pathOf(file: string, dir = ''): string | undefined {
  return isAbsolute(dir) || isAbsolute(file) ? resolve(dir, file) : undefined;
}

/** Those of some files that an earlier task of this check would write. @param dir the folder they are named from */
export function writtenFiles(ask: Ask, files: readonly string[], dir: string | undefined): readonly string[] {
  return files.filter((file) => {
    const path = pathOf(file, dir);
    return path !== undefined && (ask.foreseen(textFile(path)) || ask.foreseen(fileState(path)));
  });
}

/** The texts that such files would have then; unknown when that of one is. */
export async function foreseenTexts(
  ask: Ask,
  files: readonly string[],
  dir: string | undefined,
): Promise<Readonly<Record<string, string | Secret>> | Unknown> {
  const found: Record<string, string | Secret> = {};
  for (const file of files) {
    const state = await ask.fact(textFile(pathOf(file, dir) ?? ''));
    if (!isKnown(state)) return state;
    if (state.text !== undefined) found[file] = state.text;
  }
  return found;
}
