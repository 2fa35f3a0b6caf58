import { folderOf, recordOf, writeRecord } from './lab-record.ts';
import type { Running } from './running.ts';
import { searchHosts } from './search-lab.ts';
import { startHost } from './start-host.ts';

/**
 * Starts hosts of a lab, all at once, anew where they run, and writes down that the lab is ready. The caller
 * holds the lab's lock.
 * @param indices 0 for the first host
 * @throws Error of the first host that does not start, when all have started or failed
 */
export async function startHosts(name: string, indices: readonly number[]): Promise<void> {
  const start = async (index: number) => {
    const { hub, subnet, hosts } = recordOf(name);
    const host = hosts[index];
    if (hub === undefined || subnet === undefined || host === undefined) {
      throw new Error(`lab ${name} has no host ${index + 1}`);
    }
    searchHosts([host]);
    const record = (process: Running) => {
      const now = recordOf(name);
      writeRecord({ ...now, hosts: now.hosts.with(index, { ...host, process }) });
    };
    await startHost({
      lab: name,
      folder: folderOf(name),
      hub,
      subnet,
      index,
      name: host.name,
      services: host.services,
      before: host.process,
      record,
    });
  };
  writeRecord({ ...recordOf(name), ready: false });
  const ends = await Promise.allSettled(indices.map(start));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  writeRecord({ ...recordOf(name), ready: true });
}
