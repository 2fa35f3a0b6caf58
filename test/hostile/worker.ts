import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds } from './kinds.ts';

/** What a worker is asked. */
export interface Asked {
  readonly kind: string;
  readonly input: string;
}

/** What it answers. */
export interface Answered {
  readonly faults: readonly string[];
  readonly milliseconds: number;
  /** The most memory that this process has had, in MiB. */
  readonly memory: number;
}

// A process of its own: what hangs, or takes all memory, ends with it.
const base = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'dabook-hostile-'));
let number = 0;
let stray: string | undefined;
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    stray ??= `${event}: ${error instanceof Error ? error.stack : String(error)}`;
  });
}

process.on('message', async ({ kind, input }: Asked) => {
  number += 1;
  // Of the one before something may still be written.
  const folder = join(base, `input-${number}`);
  mkdirSync(folder, { mode: 0o700 });
  stray = undefined;
  const started = performance.now();
  const faults = await faultsOf(kind, Buffer.from(input, 'base64'), folder);
  const milliseconds = performance.now() - started;
  await new Promise((done) => setImmediate(done));
  rmSync(folder, { recursive: true, force: true });
  const memory = process.resourceUsage().maxRSS / 1024;
  const answer: Answered = {
    faults: [...faults, ...(stray ? [stray] : []), ...pollution()],
    milliseconds,
    memory,
  };
  process.send?.(answer);
});

async function faultsOf(kind: string, input: Buffer, folder: string): Promise<readonly string[]> {
  try {
    const found = kinds[kind];
    if (found === undefined) throw new Error(`there is no kind ${kind}`);
    return await found.check(input, folder);
  } catch (error) {
    return [`it throws: ${error instanceof Error ? error.stack : String(error)}`];
  }
}

/** An input that reached what all objects have in common. */
function pollution(): readonly string[] {
  const keys = [
    ...Object.keys(Object.prototype),
    ...Object.keys(Array.prototype),
    ...Object.keys(Function.prototype),
  ];
  for (const key of keys) delete (Object.prototype as Record<string, unknown>)[key];
  return keys.map((key) => `the prototype of all objects has a "${key}"`);
}
