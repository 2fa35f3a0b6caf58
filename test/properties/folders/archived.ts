import { join } from 'node:path';
import { backup } from '../../../lib/tasks/backup/index.ts';
import type { OnPlace } from './on-place.ts';

/** Backs up paths of a place, and gives the archive. */
export async function archived({ at, run }: OnPlace, paths: readonly string[]): Promise<string> {
  const { result, error } = await run(async (host) => {
    const { state } = await host.run(backup({ to: join(at.control, 'backups'), paths }));
    return state.archive?.path;
  });
  if (result === undefined) throw error ?? new Error('there is no archive');
  return result;
}
