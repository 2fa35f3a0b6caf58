import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isRunning, type Running } from './running.ts';

/** Where labs keep their files: not in the repository, and closed to other users. */
const PARENT = '/var/tmp';
const PREFIX = 'dabook-lab-';
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Contents of one installation's key files: canaries, each another one. */
export interface KeyContents {
  readonly internal: string;
  readonly shared: string;
}

/** What a lab writes down about itself, so that any later process can use it, or clean it away. */
export interface LabRecord {
  readonly name: string;
  /** The lab goes with this process; one without an owner stays until `down`. */
  readonly owner?: Running | undefined;
  /** Holds the network namespace in which all hosts are plugged together. */
  readonly hub?: Running | undefined;
  /** 0-511: hosts are at 198.18.0.0/24 to 198.19.255.0/24. */
  readonly subnet?: number | undefined;
  readonly hosts: readonly HostRecord[];
  /** Every host got as far as the starting state. */
  readonly ready: boolean;
}

export interface HostRecord {
  readonly name: string;
  /** The `unshare` that all processes of the host descend from. */
  readonly process?: Running | undefined;
  readonly keys: KeyContents;
  /** Names of the services that it carries once high availability is set up. */
  readonly services: readonly string[];
}

/** @throws Error for a name that cannot name a folder and a cgroup */
export function folderOf(lab: string): string {
  if (!NAME.test(lab)) throw new Error(`"${lab}" cannot name a lab: use a-z, 0-9 and - only, 40 at most`);
  return `${PARENT}/${PREFIX}${lab}`;
}

/**
 * Makes a lab's folder.
 * @throws Error where somebody else has put it there
 */
export function makeFolder(lab: string): string {
  const folder = folderOf(lab);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOurs(folder))
    throw new Error(`${folder} is not a folder of this user alone: look at what it is and remove it`);
  return folder;
}

/** Others can write to the parent: what they put there is not believed, least of all its process ids. */
export function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/** What is written down of a lab; undefined where there is none, or one killed before its first word. */
export function readRecord(lab: string): LabRecord | undefined {
  const folder = folderOf(lab);
  if (!isOurs(folder)) return undefined;
  try {
    return JSON.parse(readFileSync(`${folder}/lab.json`, 'utf8')) as LabRecord;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * What is written down of a lab that has to be there.
 * @throws Error where it is not
 */
export function recordOf(lab: string): LabRecord {
  const record = readRecord(lab);
  if (record === undefined) throw new Error(`lab ${lab} is down`);
  return record;
}

/** Whether all that a lab's record tells of runs. */
export function isUp(record: LabRecord | undefined): record is LabRecord {
  if (record?.ready !== true) return false;
  return isRunning(record.hub) && record.hosts.every((host) => isRunning(host.process));
}

/** Written beside and renamed over: a kill leaves the old record or the new one. */
export function writeRecord(record: LabRecord): LabRecord {
  const file = `${folderOf(record.name)}/lab.json`;
  writeFileSync(`${file}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return record;
}

/** Names of all labs that have a folder, up or not. */
export function labNames(): string[] {
  const ours = readdirSync(PARENT).filter(
    (entry) => entry.startsWith(PREFIX) && isOurs(`${PARENT}/${entry}`),
  );
  return ours.map((entry) => entry.slice(PREFIX.length)).filter((name) => NAME.test(name));
}
