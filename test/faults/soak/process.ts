import { chmodSync, mkdirSync } from 'node:fs';
import hostileOutput from './hostile-output.ts';
import libraryRuns from './library-runs.ts';
import manyHosts from './many-hosts.ts';
import ownTrouble from './own-trouble.ts';
import type { Part } from './stage.ts';

/** What the process of the soak tells the one that started it. */
export interface CaseTold {
  readonly title: string;
  readonly passed: boolean;
  /** Figures, or what is wrong. */
  readonly told: string;
  readonly seconds: number;
}

/** What it is to do. */
export interface SoakOrder {
  readonly folder: string;
  readonly short: boolean;
  readonly seed: number;
  /** Name of the part. */
  readonly part: string;
}

const parts: Readonly<Record<string, Part>> = {
  'library-runs': libraryRuns,
  'many-hosts': manyHosts,
  'hostile-output': hostileOutput,
  'own-trouble': ownTrouble,
};

const order = JSON.parse(process.argv[2] ?? '') as SoakOrder;
const tell = (told: CaseTold) => process.send?.(told);

// Ends with whoever started it, and all that it started ends with it.
process.once('disconnect', () => process.exit(1));
// Where hosts keep their locks; it is this namespace's own.
mkdirSync('/run/lock', { mode: 0o777, recursive: true });
chmodSync('/run/lock', 0o1777);

const { part: name } = order;
const check = async (title: string, work: () => Promise<string>) => {
  const started = performance.now();
  const [passed, told] = await work().then(
    (figures) => [true, figures] as const,
    (error: unknown) =>
      [false, error instanceof Error ? (error.stack ?? error.message) : String(error)] as const,
  );
  tell({ title: `${name}: ${title}`, passed, told, seconds: (performance.now() - started) / 1000 });
};
await check('the part itself', async () => {
  const part = parts[name];
  if (part === undefined) throw new Error(`there is no part ${name}`);
  await part({ ...order, check });
  return 'ended';
});
// What is left (a server that still listens) needs no end of its own.
process.removeAllListeners('disconnect');
process.disconnect?.();
process.exit();
