import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { strangeLink } from '../../lib/strange-link.ts';
import type { Task } from '../../lib/task.ts';
import { backup, restore } from '../../lib/tasks/backup/index.ts';
import { copyFile, copyKeys, copyTree, ownedTree, xmlFile, yamlFile } from '../../lib/tasks/files/index.ts';
import { folderOf, on } from './here.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'it takes root, and files of another user' };
const somebody = 54321;

/** A folder of somebody, and one of root's with files in it. */
function places(t: Test) {
  const top = folderOf(t, "dabook somebody's ", 0o755);
  const at = (name: string) => join(top, name);
  for (const name of ['theirs/own', 'victim/sub', 'from']) mkdirSync(at(name), { recursive: true });
  for (const name of ['theirs', 'theirs/own']) chownSync(at(name), somebody, somebody);
  for (const [name, text] of [
    ['a.yml', 'a: 0\n'],
    ['a.xml', '<a><b>0</b></a>'],
    ['sub/key', 'old'],
  ] as const)
    writeFileSync(at(`victim/${name}`), text);
  writeFileSync(at('from/key'), 'key');
  const link = (name: string, to: string, owner = 0) => {
    symlinkSync(to, at(name));
    lchownSync(at(name), owner, owner);
  };
  return { at, link };
}

function contents(dir: string): readonly string[] {
  return (readdirSync(dir, { recursive: true }) as string[]).sort().map((name) => {
    const { mode, uid } = statSync(join(dir, name));
    const text = statSync(join(dir, name)).isFile() ? readFileSync(join(dir, name), 'utf8') : '';
    return `${name} ${mode.toString(8)} ${uid} ${text}`;
  });
}

const strange = (link: string) => ({
  code: 'refused',
  message: `leads through the symbolic link ${link}, which somebody else may have put there`,
  hint: /give the path that it leads to; else remove the link/,
});

async function refused<S>(t: Test, task: Task<S>, link: string, what: string): Promise<void> {
  for (const check of [true, false]) {
    const { error, statuses } = await on(task, { check });
    t.match(error, strange(link), `${what}, ${check ? 'in a check' : 'in an apply'}`);
    t.same(statuses, ['failed']);
  }
}

t.test('whose link is followed', asRoot, async (t) => {
  const { at, link } = places(t);
  for (const [name, mode] of [
    ['everybody', 0o777],
    ['sticky', 0o1777],
  ] as const) {
    mkdirSync(at(name));
    chmodSync(at(name), mode);
  }
  const victim = at('victim');
  link('theirs/link', victim, somebody);
  link('theirs/of root', '../victim');
  link('stray', 'victim', somebody);
  link('everybody/link', victim);
  link('sticky/link', victim);
  link('sticky/stray', victim, somebody);
  link('mine', 'victim');
  link('theirs/home', 'own', somebody);
  link('first', 'theirs/link');
  const before = contents(victim);
  for (const [way, which] of [
    ['theirs/link', 'theirs/link'],
    ['theirs/of root', 'theirs/of root'],
    ['stray/sub', 'stray'],
    ['everybody/link', 'everybody/link'],
    ['sticky/stray', 'sticky/stray'],
    ['first', 'theirs/link'],
    ['mine/../theirs/own/../link', 'theirs/link'],
  ] as const) {
    await refused(t, copyFile({ dest: at(`${way}/new`), content: 'x' }), at(which), way);
  }
  t.same(contents(victim), before);
  for (const way of ['mine', 'sticky/link', 'theirs/home', 'theirs/own']) {
    const { error, statuses } = await on(copyFile({ dest: at(`${way}/${way.length}`), content: 'x' }));
    t.same([error, statuses], [undefined, ['changed']], way);
  }
});

t.test('no task works through one', asRoot, async (t) => {
  const { at, link } = places(t);
  const saved = await on(backup({ paths: [at('victim/sub')], to: at('saved') }));
  renameSync(at('victim'), at('real'));
  mkdirSync(at('victim'));
  link('theirs/link', '../real', somebody);
  chownSync(at('victim'), somebody, somebody);
  const before = contents(at('real'));
  const dir = at('theirs/link');
  const sha256 = createHash('sha256').update('key').digest('hex');
  const from = { host: 'here', become: false, files: [{ name: 'key', path: at('from/key'), sha256 }] };
  const tasks: Readonly<Record<string, Task<unknown>>> = {
    'a mode': copyFile({ dest: `${dir}/a.yml`, content: 'a: 0\n', mode: '0600' }),
    'a YAML file': yamlFile({ path: `${dir}/a.yml`, edits: [{ at: ['a'], set: 1 }] }),
    'an XML file': xmlFile({ path: `${dir}/a.xml`, set: [{ at: 'a/b', value: '1' }] }),
    'a tree': copyTree({ src: at('from'), dest: `${dir}/sub` }),
    keys: copyKeys({ from, dir: `${dir}/sub` }),
    'keys and their folder': copyKeys({ from, dir: `${dir}/none/keys`, parents: true }),
    'who owns a tree': ownedTree({ dir: `${dir}/sub`, owner: somebody, group: somebody }),
  };
  for (const [what, task] of Object.entries(tasks)) await refused(t, task, dir, what);
  t.same(contents(at('real')), before, 'nothing was touched');

  // By now the folder that was saved is reached by a link.
  const archive = saved.result?.archive?.path ?? '';
  renameSync(at('victim'), at('theirs/victim'));
  link('victim', 'real', somebody);
  writeFileSync(at('real/sub/key'), 'new');
  const after = contents(at('real'));
  await refused(t, restore({ archive }), at('victim'), 'what was saved');
  t.same(contents(at('real')), after, 'nothing was touched');
});

t.test('a way that leads elsewhere by now', asRoot, async (t) => {
  const { at, link } = places(t);
  link('mine', 'victim');
  const shells = [['/bin/dash'], ['/bin/bash', '--posix'], ['/usr/bin/busybox', 'sh']] as const;
  for (const [program, ...words] of shells) {
    const told = (...args: string[]) => {
      const script = `${strangeLink.text}\nstrange "$@"`;
      const { status, stdout, stderr } = spawnSync(program, [...words, '-c', script, 'sh', ...args]);
      t.equal(`${stderr}`, '');
      return status === 0 && `${stdout}`;
    };
    t.equal(told(at('mine')), false, program);
    t.equal(told(at('mine'), at('victim')), false);
    t.equal(told(at('mine'), at('theirs')), `${at('mine')}\n`, 'the shell stands elsewhere');
    t.equal(told('/'), false);
    t.equal(told('/', '/'), false);
  }
});
