import { rm } from 'node:fs/promises';
import { cgroupOf, removeCgroup } from './cgroups.ts';
import { folderOf, isOurs, labNames, readRecord } from './lab-record.ts';
import { plugOut } from './network.ts';
import { isRunning, stop } from './running.ts';
import { allowPassword, searchHosts } from './search-lab.ts';
import { underLock } from './under-lock.ts';

/**
 * Removes whatever there is of a lab: processes (and with them namespaces, mounts, files and interfaces), the
 * claim on its subnet, cgroups, its folder. Fit for one killed at any point. The caller holds the lab's lock.
 */
export async function removeLab(name: string): Promise<void> {
  const folder = folderOf(name);
  const record = readRecord(name);
  if (record !== undefined) {
    searchHosts(record.hosts);
    await Promise.all(record.hosts.map((host) => stop(host.process)));
    await plugOut(record.hub, record.subnet);
    await stop(record.hub);
    await Promise.all(record.hosts.map((host) => removeCgroup(cgroupOf(name, host.name))));
  }
  if (!isOurs(folder)) return;
  allowPassword(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Removes labs whose owner has ended without doing so, and those killed before their first word, whatever their names. */
export async function removeOrphans(): Promise<void> {
  const isOrphan = (name: string) => {
    const record = readRecord(name);
    return record === undefined || (record.owner !== undefined && !isRunning(record.owner));
  };
  for (const name of labNames().filter(isOrphan)) {
    await underLock(name, async () => {
      if (isOrphan(name)) await removeLab(name);
    });
  }
}
