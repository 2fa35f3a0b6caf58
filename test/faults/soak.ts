import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { environment } from '../lab/shell.ts';
import { outsideTap } from '../outside-tap.ts';
import type { CaseTold, SoakOrder } from './soak/process.ts';

const program = fileURLToPath(new URL('soak/process.ts', import.meta.url));
const init = fileURLToPath(new URL('../bench/apart.sh', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
/** The first process of a namespace, as any host has one: it fetches the processes that nobody else waits for. */
const reaper = ['sh', '-c', '"$@" & wait $!', 'sh'];
const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** The parts of the soak, in the order in which they are done. */
const soakParts = ['library-runs', 'many-hosts', 'hostile-output', 'own-trouble'] as const;

export interface SoakOptions {
  /** All by default. */
  readonly parts?: readonly string[];
  /** Fewer runs and hosts, in less than a minute. False by default. */
  readonly short?: boolean;
  /** What chance is made of; 1 by default. */
  readonly seed?: number;
  /** Told of each case when it has ended. */
  readonly onCase: (told: CaseTold) => void;
}

/**
 * Does what dabook has to stand for a long time, from many hosts at once and from bad ones: each part in a
 * network, a process and a mount namespace of its own, with a real sshd. Needs root.
 * @throws Error where it could not be done at all
 */
export async function soak({
  parts = soakParts,
  short = false,
  seed = 1,
  onCase,
}: SoakOptions): Promise<void> {
  for (const part of parts) {
    const folder = await mkdtemp(`${tmpdir()}/dabook-soak-`);
    const order: SoakOrder = { folder, short, seed, part };
    const node = [
      process.execPath,
      '--expose-gc',
      '--import',
      'jiti/register',
      program,
      JSON.stringify(order),
    ];
    try {
      await done(['unshare', ...namespaces, 'sh', init, folder, ...reaper, ...node], onCase);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function done([command = '', ...args]: readonly string[], onCase: SoakOptions['onCase']): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(...outsideTap(command, args), {
      cwd: root,
      env: { ...environment, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', onCase);
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`it ended with status ${status}`)),
    );
  });
}

/** `node --import jiti/register test/faults/soak.ts [part ...] [--short] [--seed N]` */
async function main(args: readonly string[]): Promise<number> {
  const seed = Number(/--seed (\d+)/.exec(args.join(' '))?.[1] ?? 1);
  const named = args.filter((arg) => (soakParts as readonly string[]).includes(arg));
  const totals = { passed: 0, failed: 0 };
  await soak({
    ...(named.length > 0 ? { parts: named } : {}),
    short: args.includes('--short'),
    seed,
    onCase: ({ title, passed, told, seconds }) => {
      totals[passed ? 'passed' : 'failed'] += 1;
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${title} (${seconds.toFixed(1)} s): ${told}`);
    },
  });
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
