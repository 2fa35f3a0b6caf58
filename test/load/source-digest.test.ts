import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { createImporter } from '../../lib/load/import-module.ts';
import { sourceDigest } from '../../lib/load/source-digest.ts';

/** A folder with these files, of which the first is loaded; `does` tells whether another text of a file is noticed. */
async function loaded(t: Test, files: Readonly<Record<string, string>>) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'dabook-source-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const playbook = join(folder, Object.keys(files)[0] ?? '');
  await (await createImporter(undefined))(playbook);
  return {
    folder,
    playbook,
    async isNoticed(name: string, path = playbook) {
      const digest = () => sourceDigest(path, join(folder, 'dist'));
      const before = await digest();
      t.equal(await digest(), before);
      await writeFile(join(folder, name), `${files[name]} `);
      const after = await digest();
      await writeFile(join(folder, name), files[name] ?? '');
      return after !== before;
    },
  };
}

t.test('what a playbook imports by its place is of it, wherever it lies', async (t) => {
  for (const place of ['playbooks', 'node_modules', 'node_modules/@us/playbooks', 'dist-playbooks']) {
    const { isNoticed } = await loaded(t, {
      [`${place}/in/ha.ts`]: `import { words } from "./words.js";\nimport more from './names.json';\nimport 'dep';\nimport './plain.js';\nexport default [words, more];\n`,
      [`${place}/in/words.ts`]: `import { all } from '../more';\nexport const words = all;\n`,
      [`${place}/in/plain.js`]: `import './plain.cjs';\n`,
      [`${place}/in/plain.cjs`]: 'exports.a = 1;\n',
      [`${place}/in/names.json`]: '["a"]',
      [`${place}/in/package.json`]: '{ "type": "module" }',
      [`${place}/more/index.ts`]: 'export const all = 1;\n',
      [`${place}/in/node_modules/dep/index.js`]: `import './own.js';\n`,
      [`${place}/in/node_modules/dep/own.js`]: 'export {};\n',
      [`${place}/in/node_modules/dep/package.json`]: '{ "type": "module", "main": "index.js" }',
    });
    for (const name of [
      'in/ha.ts',
      'in/words.ts',
      'in/names.json',
      'in/plain.js',
      'in/plain.cjs',
      'more/index.ts',
    ])
      t.ok(await isNoticed(`${place}/${name}`), `${place}/${name}`);
    for (const name of ['index.js', 'own.js'])
      t.notOk(await isNoticed(`${place}/in/node_modules/dep/${name}`), `a package of ${place}`);
  }
});

t.test('a playbook behind a link', async (t) => {
  const { isNoticed, folder, playbook } = await loaded(t, {
    'node_modules/ha.ts': `import './words.ts';\nexport default 1;\n`,
    'node_modules/words.ts': 'export {};\n',
  });
  const link = join(folder, 'ha.ts');
  await symlink(playbook, link);
  t.ok(await isNoticed('node_modules/ha.ts', link));
  t.ok(await isNoticed('node_modules/words.ts', link));
});

t.test('what lies in the folder of dabook itself is not of the playbook', async (t) => {
  const { isNoticed } = await loaded(t, {
    'playbooks/ha.ts': `import '../dist/tasks.ts';\nexport default 1;\n`,
    'dist/tasks.ts': 'export {};\n',
  });
  t.ok(await isNoticed('playbooks/ha.ts'));
  t.notOk(await isNoticed('dist/tasks.ts'));
});
