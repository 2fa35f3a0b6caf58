import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fileAbsent, fileState, textFile } from '../../lib/tasks/files/index.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { folderOf, on, rig } from './here.ts';
import { askBy, onHosts } from './rig.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'changing owners takes root' };

const folder = (t: Test) => folderOf(t, 'dabook absent ');

const marker = canary('key');
mayHold(marker, /\/(-it's|internal\.key)$/);

t.test('a file is removed, and a link', async (t) => {
  const dir = folder(t);
  const path = join(dir, "-it's");
  writeFileSync(path, marker, { mode: 0o600 });
  const check = await on(fileAbsent({ path }), { check: true });
  t.same(check.statuses, ['would-change']);
  t.match(
    check.changes.find(({ path }) => path === 'type'),
    { from: 'file', to: 'missing' },
  );
  t.match(
    check.changes.find(({ path }) => path === 'sha256'),
    { from: /^<checksum of .*>$/ },
    'it could tell what was in it',
  );
  t.equal(readFileSync(path, 'utf8'), marker);
  const apply = await on(fileAbsent({ path }));
  t.same([apply.statuses, apply.planned], [['changed'], check.planned]);
  t.match(apply.result, { type: 'missing' });
  t.same(readdirSync(dir), []);
  t.same((await on(fileAbsent({ path }))).statuses, ['ok']);
  t.same((await on(fileAbsent({ path: join(dir, 'none/file') }))).statuses, ['ok']);

  writeFileSync(path, 'kept');
  symlinkSync(path, join(dir, 'link'));
  t.same((await on(fileAbsent({ path: join(dir, 'link') }))).statuses, ['changed']);
  t.same(readdirSync(dir), ["-it's"], 'what a link points to stays');
  t.match((await on(fileAbsent({ path: dir }))).error, { code: 'refused', message: `${dir} is a folder` });
  t.match((await on(fileAbsent({ path: '/dev/null' }))).error, {
    code: 'refused',
    message: /neither a file/,
  });
  t.throws(() => fileAbsent({ path: `${dir}/` }), { code: 'playbook' });

  const foreseen = await onHosts(
    rig,
    async ([here]) => {
      await here.run(fileAbsent({ path }));
      return [await here.read(fileState(path)), await here.read(textFile(path))];
    },
    { check: true },
  );
  t.match(foreseen.result, [{ type: 'missing' }, { type: 'missing' }]);
});

/** What a task would have a host do, as things are seen by a shell. */
async function removal(path: string, shell: readonly [string, ...string[]] = ['/bin/sh']) {
  const task = fileAbsent({ path });
  const now = await task.fact.read(askBy(shell, process.env.PATH ?? ''));
  const [step] = task.steps(now, task.want(now));
  const command = step?.kind === 'exec' ? step.command.text : '';
  const [program, ...words] = shell;
  return { now, run: () => spawnSync(program, [...words, '-c', command], { encoding: 'utf8' }) };
}

/** A service's folder, which belongs to its user, and a key of root's elsewhere. */
function service(t: Test) {
  const dir = folder(t);
  const keys = join(dir, "config/access point/it's keys");
  const victim = join(dir, 'victim');
  for (const each of [keys, victim]) mkdirSync(each, { recursive: true });
  for (const each of [keys, victim]) writeFileSync(join(each, 'internal.key'), marker);
  if (asRoot.skip === undefined) {
    chownSync(join(dir, 'config/access point'), 54321, 54321);
    chownSync(keys, 54321, 54321);
  }
  return { dir, keys, victim, path: join(keys, 'internal.key') };
}

t.test('a link that somebody else could put on the way is not followed', asRoot, async (t) => {
  const { dir, keys, victim, path } = service(t);
  renameSync(keys, `${keys}.away`);
  symlinkSync(victim, keys);
  lchownSync(keys, 54321, 54321);
  for (const check of [true, false]) {
    t.match((await on(fileAbsent({ path }), { check })).error, {
      code: 'refused',
      message: `${path} leads through the symbolic link ${keys} to ${victim}: `,
      hint: new RegExp(`give the path that it leads to: ${victim}/internal.key`),
    });
  }
  lchownSync(keys, 0, 0);
  t.match(
    (await on(fileAbsent({ path }))).error,
    { code: 'refused' },
    "root's own link, in a folder of another",
  );
  // One of root's leads to another one, which is not.
  symlinkSync(keys, join(dir, 'in a row'));
  t.match((await on(fileAbsent({ path: join(dir, 'in a row/internal.key') }))).error, { code: 'refused' });
  t.ok(existsSync(join(victim, 'internal.key')));
  t.same((await on(fileAbsent({ path: join(keys, 'none') }))).statuses, ['ok'], 'nothing is there to remove');
});

t.test("the system's own links are followed", async (t) => {
  const { dir, keys, path } = service(t);
  symlinkSync('config', join(dir, 'current'));
  symlinkSync('../current', join(dir, 'config/again'));
  const named = `${dir}/current/.//again/../config/again/access point/it's keys/internal.key`;
  const shells = [['/bin/dash'], ['/bin/bash', '--norc', '--posix'], ['/usr/bin/busybox', 'sh']] as [
    string,
    ...string[],
  ][];
  for (const shell of shells.filter(([program]) => existsSync(program))) {
    writeFileSync(path, marker);
    const { now, run } = await removal(named, shell);
    t.match(now, { type: 'file', parent: { path: keys, strangeLink: undefined } }, shell.join(' '));
    t.equal(run().status, 0);
    t.notOk(existsSync(path));
  }
  writeFileSync(path, marker);
  t.same((await on(fileAbsent({ path: named }))).statuses, ['changed']);
  t.notOk(existsSync(path));
});

t.test('a folder that takes the place of the one that was seen is left alone', async (t) => {
  const { keys, victim, path } = service(t);
  const { run } = await removal(path);
  renameSync(keys, `${keys}.away`);
  symlinkSync(victim, keys);
  const { status, stderr } = run();
  t.equal(status, 1);
  t.match(stderr, /another folder is in the place of .*it's keys/);
  t.ok(existsSync(join(victim, 'internal.key')));
});
