import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Running, running } from './running.ts';
import { environment } from './shell.ts';

/**
 * Starts a program in new namespaces that does nothing before it gets a word on stdin. The word is given
 * after `record` has written the process down; a lab that is killed in between leaves nothing running.
 * @param namespaces options of unshare, one of them `--net`
 * @param log file for what it prints
 * @param wire connects its network; the process and its namespaces are there by then
 */
export async function startApart(
  namespaces: readonly string[],
  program: readonly string[],
  log: string,
  record: (process: Running) => void,
  wire: (pid: number) => Promise<void>,
): Promise<Running> {
  const output = openSync(log, 'w', 0o600);
  const child = spawn('unshare', [...namespaces, ...program], {
    detached: true,
    env: environment,
    cwd: '/',
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  await once(child, 'spawn');
  const pid = child.pid as number;
  const own = readlinkSync('/proc/self/ns/net');
  while (child.exitCode === null && netOf(pid) === own) await sleep(2);
  const started = running(pid);
  if (started === undefined) throw new Error(`unshare ended at once; its words are in ${log}`);
  record(started);
  await wire(pid);
  child.stdin?.end('go\n');
  child.unref();
  return started;
}

function netOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}
