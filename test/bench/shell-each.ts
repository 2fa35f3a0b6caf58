import { writeFile } from 'node:fs/promises';
import type { Measured } from './define-case.ts';
import type { Fleet } from './fleet/create-fleet.ts';

/**
 * Runs a shell command on the controller for each host, many at once, by xargs: the plainest way to serve many hosts.
 * @param command `$1` is the host's address and `$2` its folder
 * @param atOnce all by default
 */
export async function shellEach(fleet: Fleet, command: string, measured: Measured, atOnce?: number) {
  const list = `${fleet.folder}/addresses`;
  await writeFile(list, fleet.hosts.map(({ address, place }) => `${address} ${place}\n`).join(''));
  const jobs = String(atOnce ?? fleet.hosts.length);
  const each = ['xargs', '-a', list, '-P', jobs, '-n', '2', 'sh', '-c', command, 'sh'] as const;
  await measured(each);
}

/** The plainest call of ssh to `$1`. */
export const ssh = (fleet: Fleet) => `ssh -o BatchMode=yes -p ${fleet.port} "$1"`;
