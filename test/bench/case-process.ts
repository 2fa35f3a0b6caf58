import { homedir } from 'node:os';
import { environment } from '../lab/shell.ts';
import { cases } from './cases.ts';
import type { CaseResult } from './result.ts';
import { runCase } from './run-case.ts';

/** What the process of a case tells the one that started it. */
export type CaseMessage =
  | { readonly kind: 'told'; readonly line: string }
  | { readonly kind: 'result'; readonly result: CaseResult }
  | { readonly kind: 'fault'; readonly message: string };

const [name = '', folder = '', runs] = process.argv.slice(2);
const send = (message: CaseMessage) => process.send?.(message);

// Ends with whoever started it, and all that it started ends with it.
process.once('disconnect', () => process.exit(1));
try {
  const load = cases[name];
  if (load === undefined) throw new Error(`there is no case "${name}"`);
  const { default: definition } = await load();
  const result = await runCase(definition, {
    folder,
    runs: runs === undefined ? undefined : Number(runs),
    environment: { ...environment, HOME: homedir(), TMPDIR: `${folder}/tmp` },
    tell: (line) => send({ kind: 'told', line }),
  });
  send({ kind: 'result', result });
} catch (error) {
  send({ kind: 'fault', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
// What is left (a server that still listens) needs no end of its own.
process.removeAllListeners('disconnect');
process.disconnect?.();
process.exit();
