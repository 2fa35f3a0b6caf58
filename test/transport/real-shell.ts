import { spawn } from 'node:child_process';
import type { MemoryAnswer } from '../../lib/transport/memory.ts';

/** Has a command of a host in memory run by a real sh. */
export function realShell(command: string, stdin?: Uint8Array): Promise<Exclude<MemoryAnswer, string>> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', command]);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    child.once('close', (code, signal) => {
      const status = code ?? (signal === 'SIGTERM' ? 143 : 137);
      resolve({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err) });
    });
  });
}
