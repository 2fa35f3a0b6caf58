import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../faults/report.ts';
import { seededRandom } from '../seeded-random.ts';
import { kinds } from './kinds.ts';
import { mutated } from './mutate.ts';
import { shrunk } from './shrink.ts';
import { createWorkPlace } from './work-place.ts';

export interface InputOptions {
  readonly report: Report;
  /** How many inputs. */
  readonly times: number;
  readonly seed: number;
  /** Kinds by name; all of them by default. */
  readonly only?: readonly string[] | undefined;
  /** The number of one input alone. */
  readonly number?: number | undefined;
  /** Processes at once. */
  readonly jobs?: number | undefined;
}

/** Most memory of a process that tried thousands of inputs one after the other, in MiB. */
const mostMemory = 1400;

/** Gives dabook inputs that are made of sound ones, each in its own kind's way, and tells how each kind did. */
export async function inputs({ report, times, seed, only, number, jobs = 2 }: InputOptions): Promise<void> {
  const wanted = Object.entries(kinds).filter(([name]) => only?.includes(name) ?? true);
  const shares = wanted.reduce((sum, [, { share }]) => sum + share, 0);
  for (const [name, { share, corpus }] of wanted) {
    const count = Math.max(1, Math.round((times * share) / shares));
    const numbers = number === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [number];
    const found = { faults: [] as string[], slowest: 0, memory: 0, tried: 0 };
    await Promise.all(
      Array.from({ length: jobs }, async () => {
        const place = createWorkPlace();
        try {
          for (
            let next = numbers.shift();
            next !== undefined && found.faults.length < 40;
            next = numbers.shift()
          ) {
            // What is well comes first: it has to be well.
            const input = corpus[next - 1] ?? mutated(corpus, seededRandom(seedOf(seed, name, next)));
            const { faults, milliseconds, memory } = await place.tries(name, input);
            found.tried += 1;
            found.slowest = Math.max(found.slowest, milliseconds);
            found.memory = Math.max(found.memory, memory);
            if (faults.length === 0) continue;
            const least = await shrunk(input, faults, (part) => place.tries(name, part));
            found.faults.push(
              `--seed ${seed} --only ${name} --number ${next}: ${faults.join('; ')}\n${keep(name, next, least)}`,
            );
          }
        } finally {
          await place.close();
        }
      }),
    );
    if (found.memory > mostMemory) found.faults.push(`a process had ${Math.round(found.memory)} MiB`);
    const figures = `slowest ${Math.round(found.slowest)} ms, at most ${Math.round(found.memory)} MiB`;
    report.told(`${name}: ${found.tried} inputs`, found.faults, figures);
  }
}

/** The same for the same input, however many others there are. */
function seedOf(seed: number, kind: string, number: number): number {
  let mixed = Math.imul(seed, 0x9e3779b1) ^ number;
  for (const char of kind) mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return mixed >>> 0;
}

let kept: string | undefined;

/** A short one is shown, each is left in a file. */
function keep(kind: string, number: number, input: Buffer): string {
  kept ??= mkdtempSync(join(tmpdir(), 'dabook-hostile-kept-'));
  const file = join(kept, `${kind}-${number}`);
  writeFileSync(file, input);
  const text = JSON.stringify(input.toString('latin1'));
  return `        ${file}, ${input.length} bytes: ${text.length > 400 ? `${text.slice(0, 400)}…` : text}`;
}
