import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outsideTap } from '../outside-tap.ts';
import { seededRandom } from '../seeded-random.ts';
import { harmless, jobText } from './kinds/job.ts';
import { kinds } from './kinds.ts';
import type { PartOptions } from './main.ts';
import { mutated } from './mutate.ts';
import { outputFaults, placeFaults, type Told } from './told.ts';

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));
/** Seconds. */
const longest = 60;

/** What is given as which file, and how dabook is asked then. */
const ways: Readonly<Record<string, { readonly file: string; readonly args: readonly string[] }>> = {
  inventory: { file: 'hosts.yml', args: ['run', 'job.mjs', '-i', 'hosts.yml', ...harmless] },
  'extra-vars': {
    file: 'vars.yml',
    args: ['run', 'job.mjs', '-i', 'one.yml', '-e', '@vars.yml', ...harmless],
  },
  'group-vars': { file: 'group_vars/web.yml', args: ['inventory', '-i', 'one.yml', '--list'] },
  'sealed-files': {
    file: 'sealed.yml',
    args: ['run', 'job.mjs', '-i', 'one.yml', '-e', '@sealed.yml', ...harmless],
  },
  playbooks: {
    file: 'input.ts',
    args: ['run', 'input.ts', '-i', 'one.yml', ...harmless.filter((word) => word !== '--no-type-check')],
  },
  journals: { file: 'runs/20261123-041500-000000/journal.jsonl', args: ['runs', 'show', 'last'] },
};

/** The same inputs by the command line itself, each in a process of its own. */
export async function cliInputs({ report, seed, times = 300, only, number }: PartOptions): Promise<void> {
  const names = Object.keys(ways).filter((name) => only?.includes(name) ?? true);
  const share = Math.max(1, Math.floor(times / names.length));
  for (const name of names) {
    const numbers = number === undefined ? Array.from({ length: share }, (_, at) => at + 1) : [number];
    const count = numbers.length;
    const faults: string[] = [];
    const worker = async () => {
      for (let next = numbers.shift(); next !== undefined; next = numbers.shift()) {
        const random = seededRandom(seed * 1_000_003 + next);
        const found = await tried(name, mutated(kinds[name]?.corpus ?? [], random));
        if (found.length > 0)
          faults.push(`--seed ${seed} --only ${name} --number ${next}: ${found.join('; ')}`);
      }
    };
    await Promise.all([worker(), worker()]);
    report.told(`${name}: ${count} inputs by the command line`, faults);
  }
}

async function tried(name: string, input: Buffer): Promise<readonly string[]> {
  const way = ways[name];
  if (way === undefined) return [`there is no way ${name}`];
  const { file, args } = way;
  const base = mkdtempSync(join(tmpdir(), 'dabook-hostile-cli-'));
  const folder = join(base, 'input');
  try {
    mkdirSync(join(folder, 'group_vars'), { recursive: true });
    mkdirSync(join(folder, 'runs/20261123-041500-000000'), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'one.yml'), 'web: { hosts: { one: { greeting: hi } } }\n');
    writeFileSync(join(folder, 'job.mjs'), jobText(folder));
    writeFileSync(join(folder, file), input);
    const told = await byProcess(args, folder);
    if (told === undefined) return [`it did not end in ${longest} s`];
    const isRun = args[0] === 'run' && name !== 'playbooks';
    const isRefused = told.status === 2;
    return [
      ...outputFaults(told),
      ...(isRefused && name !== 'playbooks' && name !== 'journals'
        ? placeFaults(told, file, sealedOr(name, input))
        : []),
      ...(isRefused && isRun && existsSync(join(base, 'connected')) ? ['a host was reached first'] : []),
    ];
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** What is encrypted has no line to be told: as for what is no text at all, its name is enough. */
function sealedOr(name: string, input: Buffer): Buffer {
  return name === 'sealed-files' ? Buffer.from([0xff]) : input;
}

function byProcess(args: readonly string[], cwd: string): Promise<Told | undefined> {
  const env = {
    ...process.env,
    HOME: cwd,
    XDG_CACHE_HOME: '',
    DABOOK_RUNS: args[0] === 'runs' ? 'runs' : 'off',
  };
  const child = spawn(...outsideTap(process.execPath, [bin, ...args]), {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    told.stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    told.stderr += chunk;
  });
  return new Promise((done) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      done(undefined);
    }, longest * 1000);
    child.on('close', (status) => {
      clearTimeout(timer);
      done({ status: status ?? -1, ...told });
    });
  });
}
