import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { bind } from '../lib/bind.ts';
import { loadInventory } from '../lib/inventory/load-inventory.ts';
import { checkTypes } from '../lib/load/check-types.ts';
import { createImporter } from '../lib/load/import-module.ts';
import { loadPlaybook } from '../lib/load/load-playbook.ts';

const readme = await readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');

/** The code blocks of a language, by the file name in their first line where they have one. */
function blocks(language: string): readonly (readonly [name: string, text: string])[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'));
  return [...found].map(([, text = '']) => [/^\/\/ (\S+)$/m.exec(text)?.[1] ?? '', text]);
}

t.test('the examples of the README compile, load and fit together', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-readme-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const examples = blocks('ts');
  t.same(
    examples.map(([name]) => name),
    ['greet.ts', 'timezone.ts'],
  );
  for (const [name, text] of examples) {
    await writeFile(join(folder, name), text);
    t.same(await checkTypes(join(folder, name), folder, folder), [], `${name} has no type errors`);
  }

  const [[, hosts = ''] = []] = blocks('yaml');
  await writeFile(join(folder, 'hosts.yml'), hosts);
  const importModule = await createImporter(join(folder, 'cache'));
  const { inventory, faults, warnings } = await loadInventory(['hosts.yml'], { cwd: folder, importModule });
  t.same([...faults, ...warnings], []);
  const playbook = await loadPlaybook(join(folder, 'greet.ts'), importModule, folder);
  const bound = await bind(playbook, inventory, { vars: {}, origin: () => undefined });
  t.same(
    bound.groups.web?.map(({ host, vars }) => [host.name, vars]),
    ['web01', 'web02', 'web03'].map((name) => [`${name}.example.org`, { greeting: 'Welcome' }]),
  );
});
