import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Io } from '../../lib/cli/io.ts';
import { mayHaveLeftLocks } from '../../lib/cli/left-locks.ts';

const meta = (check: boolean) =>
  JSON.stringify({
    type: 'journal.started',
    version: 1,
    dabook: '0.1.0',
    run: 'r',
    at: '2026-11-23T04:15:00.000Z',
    by: { user: 'ann', host: 'desk', pid: 7 },
    cwd: '/',
    playbook: { name: 'P', file: '/p.ts' },
    inventory: [],
    options: { check, extraVars: [], forks: 50 },
  });
const step = '{"type":"step.started"}';
const end = '{"type":"run.ended"}';
const own = '20261123-050000-000000';

function left(t: Test, runs: readonly (readonly string[])[]): Promise<boolean> {
  const folder = t.testdir();
  for (const [index, lines] of runs.entries()) {
    const run = join(folder, `20261123-04150${index}-000000`);
    mkdirSync(run);
    writeFileSync(join(run, 'journal.jsonl'), lines.map((line) => `${line}\n`).join(''));
  }
  return mayHaveLeftLocks({ env: { DABOOK_RUNS: folder }, cwd: () => folder } as unknown as Io, own);
}

t.test('what a run left that ended in the middle', async (t) => {
  t.equal(await left(t, []), false);
  t.equal(await left(t, [[meta(false), step, end]]), false, 'it ended by itself');
  t.equal(await left(t, [[meta(false)]]), false, 'it had not begun to change anything');
  t.equal(await left(t, [[meta(false), step]]), true);
  t.equal(
    await left(t, [
      [meta(false), step],
      [meta(false), end],
    ]),
    false,
    'one since has tidied up',
  );
  t.equal(
    await left(t, [
      [meta(false), step],
      [meta(true), end],
    ]),
    true,
    'one that only checked has not',
  );
});
