import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { folderOf, readRecord } from './lab-record.ts';
import { uplinkOf } from './network.ts';
import { isRunning, type Running, running } from './running.ts';
import { sh } from './shell.ts';

/**
 * Notes everything that a lab has on this machine, for a test that takes it down. Only what is that lab's own is
 * looked at, as other labs come and go at the same time.
 * @returns a function that names what of it is still there
 */
export function tracesOf(name: string): () => Promise<string[]> {
  const record = readRecord(name);
  const roots = [record?.hub, ...(record?.hosts.map((host) => host.process) ?? [])].flatMap(
    (process) => process ?? [],
  );
  const members = descendants(roots);
  return async () => {
    const left = [...roots, ...members].filter(isRunning).map(({ pid }) => `process ${pid}`);
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    left.push(...mounts.filter((line) => line.includes(folderOf(name))).map((line) => `mount ${line}`));
    const links = (await sh`ip -brief link`).stdout;
    if (record?.subnet !== undefined && links.includes(`${uplinkOf(record.subnet)}@`)) {
      left.push(uplinkOf(record.subnet));
    }
    if (existsSync(folderOf(name))) left.push(folderOf(name));
    left.push(...(await sh`find /sys/fs/cgroup -type d -name ${`*dabook-lab-${name}-*`}`).lines());
    return left;
  };
}

function descendants(roots: readonly Running[]): Running[] {
  const parents = new Map(pids().map((pid) => [pid, parentOf(pid)]));
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (roots.some((root) => root.pid === parent) || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).flatMap((pid) => running(pid) ?? []);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}
