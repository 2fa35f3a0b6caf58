// A process that lets its secrets out in every way that is looked for (`leak`), or keeps them where they may be.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playbook } from '../../lib/playbook.ts';
import { inventoryOf } from '../engine/settings.ts';
import { mayHold, telling } from './allowed.ts';
import { canary, canaryInVariable } from './canary.ts';
import { run } from './run.ts';

const isLeak = process.argv[2] === 'leak';
const folder = mkdtempSync(join(tmpdir(), 'dabook-leaks-'));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const node = ['-e', 'process.stdin.pipe(process.stdout)'];

async function throughNode(text: string): Promise<void> {
  const child = spawn(process.execPath, node, { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdout.resume();
  child.stdin.end(text);
  await once(child, 'close');
}

if (isLeak) {
  spawnSync('true', [canary('an argument')]);
  execFileSync('true', [canary('another argument')]);
  await once(spawn('sh', ['-c', `: ${Buffer.from(canary('a script')).toString('hex')}`]), 'close');
  await once(spawn('true', { env: { A: canary('an environment') } }), 'close');
  await once(spawn('true', { env: { B: canaryInVariable('C') } }), 'close');
  await throughNode(`it is ${canary('an output')}`);
  spawnSync(process.execPath, node, { input: Buffer.from(canary('a base64')).toString('base64') });
  const book = playbook({ name: `a book of ${canary('an event')}`, groups: {} }, async () => {});
  await run(book, inventoryOf({}), {
    connect: () => Promise.reject(new Error('no host')),
    onEvent: () => {},
  });
  process.stderr.write(Buffer.from(`${canary('an error')}\n`).toString('hex'));
  process.stderr.write('\n');
  write('journal', canary('a file'));
  const meant = canary('a file elsewhere');
  mayHold(meant, /\/hosts\.yml$/);
  write('journal.jsonl', meant);
  unlinkSync(join(folder, 'journal.jsonl'));
} else {
  await once(spawn('true', { env: { C: canaryInVariable('C') } }), 'close');
  const told = canary('told');
  await telling(told, () => throughNode(told));
  const kept = canary('kept');
  mayHold(kept, /\/hosts\.yml$/);
  write('hosts.yml', kept);
  spawnSync('cat', { input: canary('read by a shell') });
}
if (isLeak) rmSync(folder, { recursive: true });
else await rm(folder, { recursive: true });
