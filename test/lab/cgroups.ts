import { readdir, rmdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';

/** The cgroup below which a host's containers are, in every hierarchy's root. */
export function cgroupOf(lab: string, host: string): string {
  return `dabook-lab-${lab}-${host}`;
}

/** Removes what a killed Engine left of its cgroups, in every hierarchy. */
export async function removeCgroup(name: string): Promise<void> {
  const hierarchies = await subfolders(ROOT);
  for (const parent of [ROOT, ...hierarchies.map((hierarchy) => `${ROOT}/${hierarchy}`)]) {
    if ((await subfolders(parent)).includes(name)) await removeTree(`${parent}/${name}`);
  }
}

async function removeTree(folder: string): Promise<void> {
  for (const child of await subfolders(folder)) await removeTree(`${folder}/${child}`);
  for (let waited = 0; ; waited += 10) {
    try {
      return await rmdir(folder);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOENT') return;
      // A process that has just been killed keeps its cgroup busy for a moment.
      if (code !== 'EBUSY' || waited > 5000) throw error;
      await sleep(10);
    }
  }
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}
