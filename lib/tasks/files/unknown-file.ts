import type { Foreseen } from '../../task.ts';
import { unknown } from '../../unknown.ts';
import { fileState } from './file-state.ts';
import { foreseePaths } from './foreseen-paths.ts';
import { textFile } from './text-file.ts';

/** What follows from a task after which nobody knows what is at a path. */
export function unknownFile(path: string): readonly Foreseen[] {
  return [
    { fact: fileState(path), state: unknown(`what is at ${path}`) },
    { fact: textFile(path), state: unknown(`text of ${path}`) },
    foreseePaths([path]),
  ];
}
