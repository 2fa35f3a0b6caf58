import { existsSync, readFileSync } from 'node:fs';
import { mayHold } from '../canary/allowed.ts';
import { checkFiles } from '../canary/check-removals.ts';
import { hasMarker } from '../canary/find-marker.ts';
import { markerOf } from '../canary/marker.ts';
import type { HostRecord, LabRecord } from './lab-record.ts';
import { childOf, isRunning } from './running.ts';
import { filesOf } from './write-files.ts';

/** What host-init.sh mounts over the host's own file system, and what of it is in memory. */
const MOUNTED = [
  'root',
  'home',
  'opt',
  'srv',
  'run',
  'tmp',
  'var/tmp',
  'var/lib/docker',
  'dev/shm',
  'mnt',
  'media',
];

/** Lets a lab's password be in its own file, whichever process made it and removes it now. */
export function allowPassword(folder: string): void {
  const file = filesOf(folder).passwordFile;
  if (!existsSync(file)) return;
  const password = readFileSync(file);
  if (hasMarker(password, markerOf())) mayHold(password.toString(), /\/admin-password$/);
}

/** Where the product keeps its keys on a host, and where a lab keeps what it makes of it, backups by dabook included. */
const KEYS =
  /\/opt\/nexus\/config\/[^/]+\/keys\/|\/dabook-lab-[^/]+\/(lab\.json|dabook-backups\/[^/]+\.tar\.gz)$/;

/**
 * Tells of canaries of this run of the suite in what a lab's hosts wrote, other than its own keys where they are meant to
 * be. Called before hosts end, which takes all that they ever wrote with them. A lab of another run has none.
 */
export function searchHosts(hosts: LabRecord['hosts']): void {
  for (const host of hosts) {
    allowKeys(host);
    const pid = isRunning(host.process) ? childOf(host.process.pid) : undefined;
    if (pid === undefined) continue;
    checkFiles(`/proc/${pid}/fd/9/.`);
    for (const folder of MOUNTED) checkFiles(`/proc/${pid}/root/${folder}`);
  }
}

function allowKeys({ keys }: HostRecord): void {
  for (const key of Object.values(keys) as string[])
    if (hasMarker(Buffer.from(key), markerOf())) mayHold(key, KEYS);
}
