import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { checkTypes } from '../../lib/load/check-types.ts';
import { seenFiles } from '../../lib/load/seen-files.ts';
import { sha256Of } from '../../lib/sha256.ts';

const root = await mkdtemp(join(tmpdir(), 'dabook-types-'));
t.teardown(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** A playbook in a folder of its own, whose types are right as long as `size` is a number. */
const playbook = (from: string) => `import { size } from '${from}';
import { playbook } from 'dabook';
const wide: number = size;
export default playbook({ name: String(wide), groups: {} }, async () => {});
`;
const right = 'export const size = 1;\n';
const wrong = `export const size = 'wide';\n`;
const fault = /'string' is not assignable to type 'number'/;

/** What may happen to files after a check without a fault, so that another one would find one. */
const changes: Readonly<
  Record<
    string,
    { readonly from: string; before(dir: string): Promise<void>; after(dir: string): Promise<void> }
  >
> = {
  'a module is edited': {
    from: './size.ts',
    before: (dir) => write(join(dir, 'size.ts'), right),
    after: (dir) => write(join(dir, 'size.ts'), wrong),
  },
  'a module comes before the one that was found': {
    from: './size',
    before: (dir) => write(join(dir, 'size/index.ts'), right),
    after: (dir) => write(join(dir, 'size.ts'), wrong),
  },
  'a package comes nearer than the one that was found': {
    from: 'sizes',
    before: (dir) => write(join(dir, '../node_modules/sizes/index.ts'), right),
    after: (dir) => write(join(dir, 'node_modules/sizes/index.ts'), wrong),
  },
  'a package is edited': {
    from: 'sizes',
    before: (dir) => write(join(dir, 'node_modules/sizes/index.ts'), right),
    after: (dir) => write(join(dir, 'node_modules/sizes/index.ts'), wrong),
  },
  'a package says that another file is its types': {
    from: 'sizes',
    before: async (dir) => {
      await write(join(dir, 'node_modules/sizes/a.d.ts'), 'export const size: number;');
      await write(join(dir, 'node_modules/sizes/b.d.ts'), 'export const size: string;');
      await write(join(dir, 'node_modules/sizes/package.json'), '{"types":"a.d.ts"}');
    },
    after: (dir) => write(join(dir, 'node_modules/sizes/package.json'), '{"types":"b.d.ts"}'),
  },
  'a link to a package leads elsewhere': {
    from: 'sizes',
    before: async (dir) => {
      await write(join(dir, 'a/index.ts'), right);
      await write(join(dir, 'b/index.ts'), wrong);
      await mkdir(join(dir, 'node_modules'));
      await symlink('../a', join(dir, 'node_modules/sizes'));
    },
    after: async (dir) => {
      await rm(join(dir, 'node_modules/sizes'));
      await symlink('../b', join(dir, 'node_modules/sizes'));
    },
  },
};

const cases = Object.entries(changes).map(([about, change], index) => {
  const dir = join(root, `case-${index}`, 'books');
  return { about, change, dir, path: join(dir, 'play.ts'), cache: join(root, `case-${index}`, 'cache') };
});
const plain = join(root, 'plain');
const link = join(root, 'current');

t.before(async () => {
  for (const { change, dir, path, cache } of cases) {
    await mkdir(cache, { recursive: true });
    await write(path, playbook(change.from));
    await change.before(dir);
  }
  for (const name of ['plain', 'other']) {
    await write(join(root, name, 'play.ts'), playbook('./size.ts'));
    await write(join(root, name, 'size.ts'), name === 'plain' ? right : wrong);
  }
  await symlink('plain', link);
  // What was changed within the last two seconds is not kept.
  await sleep(2_200);
});

const kept = async (cache: string) => (await readdir(cache)).filter((name) => name.endsWith('.json'));

async function emptyCache(name: string): Promise<string> {
  const cache = join(root, name);
  await mkdir(cache);
  return cache;
}

for (const { about, change, dir, path, cache } of cases) {
  t.test(`checked again: ${about}`, async (t) => {
    t.same(await checkTypes(path, cache, dir), []);
    t.equal((await kept(cache)).length, 1, 'the check is kept');
    await change.after(dir);
    t.match(await checkTypes(path, cache, dir), [{ message: fault }]);
    t.match(await checkTypes(path, cache, dir), [{ message: fault }], 'a fault is not kept');
    t.same(await readdir(cache), await kept(cache), 'nothing else stays behind');
  });
}

t.test('what has not changed is not checked again', async (t) => {
  const cache = await emptyCache('again');
  const path = join(plain, 'play.ts');
  t.same(await checkTypes(path, cache, plain), []);
  const [name = ''] = await kept(cache);
  const text = await readFile(join(cache, name), 'utf8');

  // A fault that is passed over shows that no compiler has looked.
  const old = sha256Of(right);
  await write(join(plain, 'size.ts'), wrong);
  await write(join(cache, name), text.replace(old, sha256Of(wrong)));
  t.same(await checkTypes(path, cache, plain), []);

  for (const broken of [
    '',
    text.slice(0, text.length / 2),
    '{}',
    '[]',
    'null',
    '{"present":{},"absent":[],"links":[]}',
  ]) {
    await write(join(cache, name), broken);
    t.match(await checkTypes(path, cache, plain), [{ message: fault }], `kept: ${broken.slice(0, 40)}`);
  }
  await write(join(plain, 'size.ts'), right);
  t.same(await checkTypes(path, cache, plain), []);
});

t.test('what changes while it is checked is not kept', async (t) => {
  const cache = await emptyCache('young');
  const path = join(root, 'young-book/play.ts');
  await write(path, playbook('./size.ts'));
  await write(join(dirname(path), 'size.ts'), right);
  t.same(await checkTypes(path, cache, root), []);
  t.same(await readdir(cache), []);
});

t.test('another folder behind a link is checked', async (t) => {
  const cache = await emptyCache('linked');
  await sleep(2_200);
  t.same(await checkTypes(join(link, 'play.ts'), cache, root), []);
  t.equal((await kept(cache)).length, 1);
  await symlink('other', `${link}.new`);
  await rename(`${link}.new`, link);
  t.match(await checkTypes(join(link, 'play.ts'), cache, root), [{ message: fault }]);
});

t.test('several at once; what cannot be kept; what is old', async (t) => {
  const path = join(plain, 'play.ts');
  const cache = await emptyCache('shared');
  const old = join(cache, 'old.mjs');
  await writeFile(old, '');
  await utimes(old, 0, 0);
  const results = await Promise.all([1, 2, 3].map(() => checkTypes(path, cache, plain)));
  t.same(results, [[], [], []]);
  t.same(await readdir(cache), await kept(cache), 'the old one is gone, and so is what they worked with');

  const [name = ''] = await kept(cache);
  const blocked = await emptyCache('blocked');
  await mkdir(join(blocked, name));
  t.same(await checkTypes(path, blocked, plain), []);
  t.same(await readdir(blocked), [name]);
});

t.test('a compiler in other words is not understood, and nothing is kept of it', async (t) => {
  t.equal(seenFiles('/a/play.ts\n/a/size.ts\n'), undefined);
  t.same(
    seenFiles(
      [
        "======== Resolving module './b' from '/a/play.ts'. ========",
        "File '/a/b.ts' does not exist.",
        "  Directory '/a/node_modules' does not exist, skipping all lookups in it.",
        "File '/a/b.js' exists - use it as a name resolution result.",
        "    Found 'package.json' at '/m/c/package.json'.",
        "File '/m/c/package.json' exists according to earlier cached lookups.",
        "Resolving real path for '/m/c/i.d.ts', result '/n/i.d.ts'.",
        '/a/play.ts',
      ].join('\n'),
    ),
    {
      present: ['/a/b.js', '/m/c/package.json', '/a/play.ts'],
      absent: ['/a/b.ts', '/a/node_modules'],
      links: [['/m/c/i.d.ts', '/n/i.d.ts']],
    },
  );
});
