import { readFileSync } from 'node:fs';
import type { ProcessPromise } from 'zx/core';
import { type Engine, engineAt } from './engine.ts';
import { USERS } from './host-files.ts';
import { folderOf, isUp, type KeyContents, type LabRecord, readRecord, recordOf } from './lab-record.ts';
import { addressOf, setLink } from './network.ts';
import { removeLab } from './remove-lab.ts';
import { childOf, isRunning } from './running.ts';
import { sh } from './shell.ts';
import { enter } from './start-host.ts';
import { startHosts } from './start-hosts.ts';
import { underLock } from './under-lock.ts';
import { filesOf } from './write-files.ts';

export interface LabHost {
  /** Also its host name: `ha1`, `ha2` … */
  readonly name: string;
  readonly address: string;
  /** Names of the services that it carries once high availability is set up. */
  readonly services: readonly string[];
  /** What its own installation's key files hold. */
  readonly keys: KeyContents;
  /** Logs in with the lab's key; its sudo asks for nothing. */
  readonly user: string;
  /** Logs in with the lab's key or the lab's password; its sudo asks for that password. */
  readonly sudoUser: string;
}

/** A lab that is up. Hosts are numbered from 1, as in their names. */
export interface Lab {
  readonly name: string;
  readonly dir: string;
  readonly hosts: readonly LabHost[];
  readonly inventoryFile: string;
  readonly knownHostsFile: string;
  readonly sshConfigFile: string;
  readonly keyFile: string;
  readonly passwordFile: string;
  /** The `sudoUser`'s. */
  readonly password: string;
  /**
   * Runs a command over SSH as `user`, with OpenSSH. As always with zx: rejects on a status other than 0 unless
   * `.nothrow()`; `.text()`, `.json()`, `.lines()` read stdout.
   */
  ssh(host: number, command: string, input?: string): ProcessPromise;
  /** Runs a command as root from within the host: works also where SSH does not. */
  root(host: number, command: string, input?: string): ProcessPromise;
  /** Talks to a host's Engine over its socket, without a process on the host. */
  engine(host: number): Engine;
  /** Takes a host off the network; everything on it goes on. */
  cut(host: number): Promise<void>;
  heal(host: number): Promise<void>;
  /** Every host, or some, back to the starting state by a fresh start; addresses and host keys stay. */
  reset(hosts?: readonly number[]): Promise<void>;
  /** Removes the lab without a trace. May be called twice. */
  down(): Promise<void>;
}

/**
 * Takes hold of a lab that is up, whoever made it.
 * @returns undefined where there is none of that name, or not all of it runs
 */
export function openLab(name: string): Lab | undefined {
  const record = readRecord(name);
  return isUp(record) ? labOf(record) : undefined;
}

function labOf({ name, subnet = 0, hosts }: LabRecord): Lab {
  const dir = folderOf(name);
  const files = filesOf(dir);
  // Read anew each time: a reset, by this process or another, starts new processes.
  const hostAt = (number: number) => {
    const host = recordOf(name).hosts[number - 1];
    if (host?.process === undefined) {
      throw new Error(`lab ${name} has no host ${number}; its hosts are 1 to ${hosts.length}`);
    }
    if (!isRunning(host.process)) throw new Error(`${host.name} of lab ${name} has ended`);
    return { name: host.name, pid: host.process.pid };
  };
  const link = (number: number, state: 'up' | 'down') =>
    setLink(recordOf(name).hub?.pid ?? 0, hostAt(number).name, state);
  return {
    name,
    dir,
    ...files,
    password: readFileSync(files.passwordFile, 'utf8'),
    hosts: hosts.map((host, index) => ({
      name: host.name,
      address: addressOf(subnet, 11 + index),
      services: host.services,
      keys: host.keys,
      user: USERS.plain,
      sudoUser: USERS.asking,
    })),
    ssh: (number, command, input = '') =>
      sh({ input })`ssh -F ${files.sshConfigFile} -o BatchMode=yes ${hostAt(number).name} -- ${command}`,
    root: (number, command, input) => enter(childOf(hostAt(number).pid) ?? 0, command, input),
    engine: (number) => engineAt(`/proc/${childOf(hostAt(number).pid)}/root/run/docker.sock`),
    cut: (number) => link(number, 'down'),
    heal: (number) => link(number, 'up'),
    reset: (numbers) => {
      const indices = numbers?.map((number) => number - 1) ?? [...hosts.keys()];
      return underLock(name, () => startHosts(name, indices));
    },
    down: () => underLock(name, () => removeLab(name)),
  };
}
