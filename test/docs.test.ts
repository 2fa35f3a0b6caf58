import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .map((name) => `docs/${name}`)
    .filter((name) => name.endsWith('.md')),
];

t.test('files of the repository that documents name are there', async (t) => {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    const named =
      text.match(/\b(?:lib|test|docs|scripts|playbooks|bin)\/[\w./-]*\.(?:ts|js|cjs|md|yml|sh)\b/g) ?? [];
    t.same(
      [...new Set(named)].filter((path) => !existsSync(join(root, path))),
      [],
      document,
    );
  }
});
