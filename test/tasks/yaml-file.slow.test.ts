import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sha256Of } from '../../lib/sha256.ts';
import {
  copyFile,
  fileState,
  plainText,
  type TextFile,
  textFile,
  type YamlEdit,
  yamlFile,
} from '../../lib/tasks/files/index.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { folderOf, on, rig } from './here.ts';
import { onHosts } from './rig.ts';

const readText = (path: string) =>
  onHosts(rig, async ([here]) => (await here.read(textFile(path))) as TextFile);

const folder = (t: Test) => folderOf(t, "dabook's yaml ");

function file(t: Test, text: string | Buffer, mode = 0o644): string {
  const path = join(folder(t), 'network.yml');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const compose = `version: "3.7" # keep

services:
  policy:
    image: 'registry.example/policy:1'
`;
const image = (name: string, set: string): YamlEdit => ({ at: ['services', name, 'image'], set });

t.test('textFile', async (t) => {
  t.test('gives every byte of a text', async (t) => {
    for (const text of ['', 'one', '\uFEFFa: ü\r\nb: 😀\r\n', '\n\n', 'odd \0 \x1b[1m\n', '\uFFFD real\n']) {
      const path = file(t, text);
      const { result, events } = await readText(path);
      t.equal(plainText(result as TextFile), text, JSON.stringify(text));
      t.match(result, { type: 'file', mode: '0644', sha256: sha256Of(text), parent: { exists: true } });
      t.equal(events.filter(({ type }) => type === 'command.ended').length, 2);
    }
  });

  t.test('what is no file has no text', async (t) => {
    const dir = folder(t);
    symlinkSync('/etc/passwd', join(dir, 'link'));
    t.match((await readText(join(dir, 'link'))).result, { type: 'symlink', text: undefined });
    t.match((await readText(dir)).result, { type: 'directory', text: undefined });
    t.match((await readText(join(dir, 'none'))).result, { type: 'missing', parent: { exists: true } });
  });

  t.test('what is no text is refused', async (t) => {
    const latin = file(t, Buffer.from('a: \xe4\n', 'latin1'));
    t.match((await readText(latin)).error, {
      code: 'refused',
      message: `${latin} is no text in UTF-8`,
      hint: /iconv/,
    });
    const large = file(t, Buffer.alloc(4 * 1024 * 1024 + 1, 'x'));
    t.match((await readText(large)).error, { code: 'refused', message: /larger than 4 MiB/ });
    const largest = file(t, Buffer.alloc(4 * 1024 * 1024, 'x'));
    t.equal(plainText((await readText(largest)).result as TextFile)?.length, 4 * 1024 * 1024);
  });
});

t.test('yamlFile', async (t) => {
  const added = `${compose}  policy1:\n    image: registry.example/policy:2\n`;

  t.test('foreseen, written, and then nothing to do', async (t) => {
    const path = file(t, compose, 0o664);
    const task = () => yamlFile({ path, edits: [image('policy1', 'registry.example/policy:2')] });

    const check = await on(task(), { check: true });
    t.same(check.statuses, ['would-change']);
    t.equal(readFileSync(path, 'utf8'), compose);
    t.match(check.changes, [
      { path: 'sha256', from: sha256Of(compose), to: sha256Of(added) },
      { path: 'text', from: compose, to: added },
    ]);
    t.equal(check.changes.length, 2);

    const apply = await on(task());
    t.same(apply.statuses, ['changed']);
    t.same(apply.planned, check.planned);
    t.equal(readFileSync(path, 'utf8'), added);
    t.equal(statSync(path).mode & 0o7777, 0o664);
    t.same(readdirSync(join(path, '..')), ['network.yml']);

    const again = await on(task());
    t.same([again.statuses, again.performed], [['ok'], []]);
  });

  t.test('every byte around stays', async (t) => {
    const path = file(t, '\uFEFFa: 1\r\nservices: {x: {image: "y"}} # why\r\nb: 1');
    await on(yamlFile({ path, edits: [image('x', 'z:1')] }));
    t.equal(readFileSync(path, 'utf8'), '\uFEFFa: 1\r\nservices: {x: {image: "z:1"}} # why\r\nb: 1');
  });

  t.test('what not everybody may read is not shown', async (t) => {
    const password = canary('password');
    mayHold(password, /\.yml$/);
    const path = file(t, `password: "${password}"\nuser: some-person\n`, 0o640);
    for (const check of [true, false]) {
      const told = await on(yamlFile({ path, edits: [{ at: ['user'], set: 'another-person' }] }), { check });
      t.same(told.statuses, [check ? 'would-change' : 'changed']);
      t.same(told.changes, [
        {
          path: 'sha256',
          op: 'change',
          from: `<checksum of text of ${path}>`,
          to: `<checksum of text of ${path}>`,
        },
      ]);
      t.notMatch(JSON.stringify(told.events), /person/);
      t.notMatch(JSON.stringify(told.events), password);
      t.equal(plainText(told.result as TextFile), `password: "${password}"\nuser: another-person\n`);
    }
    t.equal(statSync(path).mode & 0o7777, 0o640);
    const large = file(t, `# ${'x'.repeat(300_000)}\na: 1\n`, 0o600);
    t.same((await on(yamlFile({ path: large, edits: [{ at: ['a'], set: 2 }] }))).statuses, ['changed']);
  });

  t.test('tasks of one check build on one another', async (t) => {
    const path = file(t, compose);
    const tasks = [
      yamlFile({ path, edits: [image('policy1', 'a:1')] }),
      yamlFile({ path, edits: (text) => (text.includes('policy1') ? [image('policy1', 'b:1')] : []) }),
      yamlFile({ path, edits: [image('policy1', 'b:1')] }),
    ] as const;
    const work = (check: boolean) =>
      onHosts(
        rig,
        async ([here]) => {
          await here.run(tasks);
          const text = plainText((await here.read(textFile(path))) as TextFile);
          return { text, state: await here.read(fileState(path)) };
        },
        { check },
      );
    const check = await work(true);
    t.same(check.statuses, ['would-change', 'would-change', 'ok']);
    const want = `${compose}  policy1:\n    image: b:1\n`;
    t.match(check.result, { text: want, state: { sha256: sha256Of(want), mode: '0644' } });
    t.equal(readFileSync(path, 'utf8'), compose);
    const apply = await work(false);
    t.same([apply.statuses, apply.planned], [['changed', 'changed', 'ok'], check.planned]);
    t.match(apply.result, { text: want, state: { sha256: sha256Of(want) } });
    t.equal(readFileSync(path, 'utf8'), want);
  });

  t.test('what copyFile foresaw is what is edited', async (t) => {
    const path = file(t, 'old: 1\n');
    const dir = join(path, '..');
    const other = join(dir, 'other.yml');
    const both = [
      copyFile({ dest: path, content: compose }),
      yamlFile({ path, edits: [image('policy', 'a:1')] }),
      copyFile({ dest: other, content: compose }),
      yamlFile({ path: other, edits: [image('policy', 'a:1')] }),
    ] as const;
    const work = (check: boolean) => onHosts(rig, async ([here]) => here.run(both), { check });
    const check = await work(true);
    t.same(check.statuses, Array(4).fill('would-change'));
    t.match(
      check.changes.filter((change) => change.path === 'text').map(({ from }) => from),
      [compose, compose],
    );
    const { statuses } = await onHosts(
      rig,
      async ([here]) =>
        here.run([
          copyFile({ dest: path, content: 'old: 1\n', mode: '0600' }),
          yamlFile({ path, edits: [{ at: ['old'], set: 2 }] }),
        ] as const),
      { check: true },
    );
    t.same(statuses, ['would-change', 'would-change'], 'only its mode was foreseen');
    await work(false);
    const want = compose.replace("'registry.example/policy:1'", "'a:1'");
    t.same(
      [path, other].map((name) => readFileSync(name, 'utf8')),
      [want, want],
    );
  });

  t.test('a missing file is begun with a text', async (t) => {
    const dir = folder(t);
    const path = join(dir, 'new.yml');
    const create = 'version: "3.7"\n';
    const missing = await on(yamlFile({ path, edits: [] }));
    t.match(missing.error, { code: 'refused', message: `${path} does not exist` });
    const task = () => yamlFile({ path, create, edits: [image('a', 'b:1')] });
    t.same((await on(task())).statuses, ['changed']);
    t.equal(readFileSync(path, 'utf8'), `${create}services:\n  a:\n    image: b:1\n`);
    t.equal(statSync(path).mode & 0o7777, 0o644);
    t.same((await on(task())).statuses, ['ok']);
    const deep = await on(yamlFile({ path: join(dir, 'no', 'new.yml'), create, edits: [] }));
    t.match(deep.error, { code: 'refused' });
  });

  t.test('refusals name file, line and column, and leave the file', async (t) => {
    const path = file(t, 'a: 1\na: 2\n');
    for (const check of [true, false]) {
      const { error, performed } = await on(yamlFile({ path, edits: [] }), { check });
      t.same([error, performed], [undefined, []], 'nothing is asked of it');
      t.match((await on(yamlFile({ path, edits: [{ at: ['b'], set: 1 }] }), { check })).error, {
        code: 'refused',
        message: `${path}:2:1: the key "a" stands here a second time in one mapping`,
        hint: 'remove one of them',
      });
    }
    const list = file(t, '- a\n- b\n- c\n');
    t.match((await on(yamlFile({ path: list, edits: [{ at: [0], remove: true }] }))).error, {
      code: 'playbook',
      message: /change it anew each time/,
      hint: /a function that looks for it/,
    });
    t.equal(readFileSync(list, 'utf8'), '- a\n- b\n- c\n');
    const dir = folder(t);
    symlinkSync(list, join(dir, 'link.yml'));
    mkdirSync(join(dir, 'folder.yml'));
    t.match((await on(yamlFile({ path: join(dir, 'link.yml'), edits: [] }))).error, {
      message: /symbolic link/,
    });
    t.match((await on(yamlFile({ path: join(dir, 'folder.yml'), edits: [] }))).error, {
      message: /is a folder/,
    });
    t.throws(() => yamlFile({ path: 'network.yml', edits: [] }), { code: 'playbook', message: /absolute/ });
  });
});
