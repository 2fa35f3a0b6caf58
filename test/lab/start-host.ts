import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../lib/errors.ts';
import { cgroupOf, removeCgroup } from './cgroups.ts';
import { furnish } from './furnish.ts';
import { addressOf, wire } from './network.ts';
import { childOf, isRunning, type Running, stop } from './running.ts';
import { sh } from './shell.ts';
import { startApart } from './start-apart.ts';

const INIT = fileURLToPath(new URL('host-init.sh', import.meta.url));
const NAMESPACES = ['--net', '--mount', '--uts', '--pid', '--ipc', '--fork', '--kill-child'];

export interface StartHostInput {
  readonly lab: string;
  readonly folder: string;
  readonly hub: Running;
  readonly subnet: number;
  /** 0 for the manager. */
  readonly index: number;
  readonly name: string;
  readonly services: readonly string[];
  /** The process of an earlier start, which is ended first. */
  readonly before: Running | undefined;
  record(process: Running): void;
}

/**
 * Starts a host, anew where it runs already, and brings it to the starting state. A host keeps nothing: what
 * it ever wrote was in memory that goes with its processes.
 * @throws Error with the last lines that the host and its dockerd printed
 */
export async function startHost(input: StartHostInput): Promise<void> {
  const { lab, folder, hub, subnet, index, name, services, before, record } = input;
  const number = 11 + index;
  const address = addressOf(subnet, number);
  const cgroup = cgroupOf(lab, name);
  const place = `${folder}/mount/${name}`;
  const log = `${folder}/${name}.log`;
  await stop(before);
  await removeCgroup(cgroup);
  mkdirSync(place, { recursive: true });
  const program = ['sh', INIT, place, `${folder}/seed/${name}`, name, `${address}/24`, `/${cgroup}`];
  let host: Running | undefined;
  try {
    host = await startApart(NAMESPACES, program, log, record, (pid) =>
      wire(hub.pid, pid, name, subnet, number),
    );
    const pid = await firstProcess(host);
    const images = await readFile(`${folder}/images.tar`);
    await furnish({ address, services, pid, images, root: (command) => enter(pid, command) });
  } catch (error) {
    const said = `${await readFile(log, 'utf8').catch(() => '')}${await engineLog(host)}`;
    throw new Error(`host ${name} did not start: ${messageOf(error)}\n${said.trim()}`, { cause: error });
  }
}

async function engineLog(host: Running | undefined): Promise<string> {
  const pid = host === undefined ? undefined : childOf(host.pid);
  if (pid === undefined) return '';
  return (await enter(pid, 'tail -n 8 /var/log/dockerd.log').nothrow()).stdout;
}

async function firstProcess(host: Running): Promise<number> {
  for (;;) {
    const pid = childOf(host.pid);
    if (pid !== undefined) return pid;
    if (!isRunning(host)) throw new Error('its first process ended at once');
    await sleep(2);
  }
}

/** Runs a shell command as root on a host, from within: needs neither its network nor its sshd. */
export function enter(pid: number, command: string, input = '') {
  const prefix = [
    'nsenter',
    '--target',
    String(pid),
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--root',
    '--wd',
  ];
  return sh({ input })`${prefix} sh -c ${command}`;
}
