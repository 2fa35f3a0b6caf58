import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runIds } from '../journal/prune-runs.ts';
import { readMeta } from '../journal/read-journal.ts';
import { journalFile } from '../journal/runs-place.ts';
import type { Io } from './io.ts';
import { runsPlace } from './runs-place.ts';

/**
 * Whether a run before this one, from the same folder, may have left locks: it began to change something, and neither
 * it nor any since has written its end.
 * @param own id of this run
 */
export async function mayHaveLeftLocks(io: Io, own: string): Promise<boolean> {
  const place = runsPlace(io);
  if (place === undefined) return false;
  try {
    const ids = await runIds(place.folder);
    for (const id of ids.filter((id) => id < own).reverse()) {
      const file = join(place.folder, id, journalFile);
      const text = await readFile(file, 'utf8');
      const isOver = text.includes('\n{"type":"run.ended"');
      if (!isOver && text.includes('\n{"type":"step.started"')) return true;
      // One that only checked has locked nothing, and says nothing of those before it.
      if (isOver && (await readMeta(file))?.options.check === false) return false;
    }
  } catch {
    // What cannot be read tells of no run.
  }
  return false;
}
