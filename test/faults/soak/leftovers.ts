import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const lockFiles = ['/run/lock/dabook.lock', '/tmp/dabook.lock'];

/** Processes of this namespace by id, with their words. */
export function processes(): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // One that has ended and is not fetched yet has none.
      if (words !== '') found.set(Number(name), words);
    } catch {
      // It has ended.
    }
  }
  return found;
}

/** What is on the hosts before a run, to be there and nothing else after it. */
export interface Before {
  /**
   * Waits for a while until nothing is left of a run: no process, no lock, no file but those that it was to make.
   * @param seconds how long at most
   * @returns what is left, in words; none where all is well
   */
  leftovers(seconds: number): Promise<readonly string[]>;
}

/** @param folders what the hosts keep their files in, temporary ones too: the names of those that begin with a dot count */
export function lookBefore(folders: readonly string[]): Before {
  const before = processes();
  const look = () => [
    ...[...processes()].flatMap(([id, words]) => (before.has(id) ? [] : [`process ${id}: ${words}`])),
    ...lockFiles.filter((file) => existsSync(file)),
    ...folders.flatMap((folder) =>
      readdirSync(folder).flatMap((name) => (/^\.|dabook|^tmp\./.test(name) ? [`${folder}/${name}`] : [])),
    ),
  ];
  return {
    async leftovers(seconds) {
      const deadline = performance.now() + seconds * 1000;
      for (;;) {
        const left = look();
        if (left.length === 0 || performance.now() > deadline) return left;
        await sleep(25);
      }
    },
  };
}
