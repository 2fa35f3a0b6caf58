import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { checkTypes } from '../../lib/load/check-types.ts';

const source = fileURLToPath(new URL('must-not-compile.ts', import.meta.url));

t.test('what must not compile does not, and the rest does', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-types-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  t.same(await checkTypes(source, folder, folder), [], 'each directive is needed, and nothing else is wrong');

  // Without the directives there must be a fault in the statement below each of them.
  const lines = (await readFile(source, 'utf8')).split('\n');
  const directives = lines.flatMap((line, i) => (line.includes('@ts-expect-error') ? [i + 1] : []));
  const bare = join(folder, 'bare.ts');
  await writeFile(bare, lines.map((line) => line.replace('@ts-expect-error', '')).join('\n'));
  const faults = await checkTypes(bare, folder, folder);
  t.same(
    [...new Set(faults.map(({ position }) => position?.line))],
    directives.map((line) => line + 1),
  );
  t.ok(directives.length >= 10);
  const ofTexts = faults.filter(({ message }) =>
    /^(Implicit conversion of a 'symbol'|The '\+=?' operator)/.test(message),
  );
  t.ok(ofTexts.length >= 7, 'the compiler speaks of symbols where a secret is put into a text');
  for (const { hint } of ofTexts) t.match(hint, /of a secret: secretText/);
});
