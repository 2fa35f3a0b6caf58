import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { changeDigest } from '../../lib/change-digest.ts';
import { ownedTree } from '../../lib/tasks/files/index.ts';
import { outsideTap } from '../outside-tap.ts';
import { folderOf, rig } from './here.ts';
import { askBy, onHosts } from './rig.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'changing owners takes root' };

const on = (args: Parameters<typeof ownedTree>[0], options: { check?: boolean } = {}) =>
  onHosts(rig, async ([here]) => (await here.run(ownedTree(args))).state, options);

const folder = (t: Test) => folderOf(t, 'dabook tree ', 0o755);

/** A tree with names that are no plain words, a link that leads out of it, and files in several folders. */
function tree(t: Test): { dir: string; outside: string; all: string[] } {
  const top = folder(t);
  const outside = join(top, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), '');
  const dir = join(top, "the tree's");
  const names = ['', 'a', 'a/-rf', 'a/b c', 'a/b c/$(id)', "a/it's\nnext", 'link', 'z'];
  for (const name of names) {
    const path = join(dir, name);
    if (name === 'link') symlinkSync(outside, path);
    else if (['', 'a', 'a/b c'].includes(name)) mkdirSync(path);
    else writeFileSync(path, '');
  }
  return { dir, outside, all: names.map((name) => (name === '' ? dir : join(dir, name))) };
}

const ownersOf = (paths: readonly string[]) => [
  ...new Set(paths.map((path) => lstatSync(path)).map(({ uid, gid }) => `${uid}:${gid}`)),
];

t.test('a tree: foreseen, given away, and then nothing to do', asRoot, async (t) => {
  const { dir, outside, all } = tree(t);
  const args = { dir: `${dir}/`, owner: 54321, group: 54322 };
  const check = await on(args, { check: true });
  t.same(check.statuses, ['would-change']);
  t.match(
    check.changes.find(({ path }) => path === 'others'),
    { from: all.length, to: 0 },
  );
  t.ok(check.changes.some(({ path, from }) => path === 'paths[]' && from === join(dir, 'a/-rf')));
  t.same(ownersOf(all), ['0:0'], 'check mode changes nothing');

  const apply = await on(args);
  t.same([apply.statuses, apply.planned, apply.performed.length], [['changed'], check.planned, 1]);
  t.same(apply.result, { type: 'directory', others: 0, paths: [] });
  t.same(ownersOf(all), ['54321:54322']);
  t.same(ownersOf([outside, join(outside, 'file'), join(dir, '..')]), ['0:0'], 'links are not followed');
  const again = await on(args);
  t.same([again.statuses, again.performed], [['ok'], []]);

  const untouched = join(dir, 'z');
  const before = statSync(untouched).ctimeMs;
  chownSync(join(dir, 'a/-rf'), 54321, 0);
  const one = await on(args);
  t.match(one.changes, [
    { path: 'others', from: 1, to: 0 },
    { path: 'paths[]', op: 'remove', from: join(dir, 'a/-rf') },
  ]);
  t.equal(statSync(untouched).ctimeMs, before, 'what is right is not touched');
  t.same(ownersOf(all), ['54321:54322']);
});

t.test('of many the first twenty are told, and how many there are', asRoot, async (t) => {
  const dir = folder(t);
  for (let number = 0; number < 41; number++) writeFileSync(join(dir, `f${number}`), '');
  const daemon = { dir, owner: 'daemon', group: 'daemon' };
  const digest = changeDigest(Buffer.alloc(32, 7));
  const digestNow = async () => {
    const task = ownedTree(daemon);
    const { result } = await onHosts(rig, ([here]) => here.read(task.fact));
    return result && digest(result, task.want(result));
  };
  const { changes } = await on(daemon, { check: true });
  t.match(
    changes.find(({ path }) => path === 'others'),
    { from: 42, to: 0 },
  );
  t.equal(changes.filter(({ path }) => path === 'paths[]').length, 20);
  t.match(changes.find(({ path }) => path === 'more')?.from, /^<checksum of all 42>$/);
  const before = await digestNow();
  t.equal(await digestNow(), before);
  writeFileSync(join(dir, 'zz'), '');
  execFileSync('chown', ['daemon:daemon', join(dir, 'f7')]);
  t.not(await digestNow(), before, 'others than those that are told, and as many');
  rmSync(join(dir, 'zz'));
  t.same((await on({ dir, owner: 'daemon', group: 1 })).statuses, ['changed']);
  t.match(statSync(join(dir, 'f40')), { uid: 1, gid: 1 });
  t.same(
    (await on({ dir, owner: 1, group: 'daemon' })).statuses,
    ['ok'],
    'a name and its number are the same',
  );
});

t.test('what it refuses', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('/etc', join(dir, 'link'));
  const refused: [string, RegExp][] = [
    ['missing', /^the folder .*missing does not exist$/],
    ['file', /file is no folder$/],
    ['link', /link is a symbolic link$/],
  ];
  for (const [name, message] of refused) {
    const { error } = await on({ dir: join(dir, name), owner: 1, group: 1 });
    t.match(error, { code: 'refused', message, hint: /./ });
  }
  t.match((await on({ dir, owner: 'no-such-user', group: 1 })).error, {
    code: 'refused',
    message: /has no user no-such-user/,
  });
  for (const wrong of ['/', '//', '/etc', '/usr/', '//var', '/opt', '/root']) {
    const args = { dir: wrong, owner: 1, group: 1 };
    t.throws(() => ownedTree(args), {
      code: 'playbook',
      message: `ownedTree: ${wrong} is a folder of the system`,
    });
  }
  for (const wrong of ['/opt/x/..', '/opt/../etc']) {
    t.throws(() => ownedTree({ dir: wrong, owner: 1, group: 1 }), {
      code: 'playbook',
      message: /has "\.\." in it/,
    });
  }
  t.throws(() => ownedTree({ dir: 'opt/nexus', owner: 1, group: 1 }), { code: 'playbook' });
  t.throws(() => ownedTree({ dir: '/opt/nexus', owner: '-R', group: 1 }), { code: 'playbook' });
});

/** The command that gives a tree away. */
function giving(dir: string): string {
  const task = ownedTree({ dir, owner: 54321, group: 54321 });
  const now = { type: 'directory', others: 1, paths: [dir] } as const;
  const [step] = task.steps(now, task.want(now));
  return step?.kind === 'exec' ? step.command.text : '';
}

const busybox = '/usr/bin/busybox';

t.test('with several shells, and with busybox alone', asRoot, async (t) => {
  const bin = join(folder(t), 'bin');
  mkdirSync(bin);
  const applets = ['sh', 'find', 'awk', 'chown', 'stat', 'sha256sum', 'id'];
  for (const applet of applets) symlinkSync(busybox, join(bin, applet));
  const own = process.env.PATH ?? '';
  const shells: [words: [string, ...string[]], path: string][] = [
    [['/bin/dash'], own],
    [['/bin/bash', '--norc', '--posix'], own],
    [[busybox, 'sh'], bin],
  ];
  for (const [words, path] of shells.filter(([[program]]) => existsSync(program))) {
    const { dir, outside, all } = tree(t);
    const [program, ...more] = words;
    const ask = askBy(words, path);
    const task = ownedTree({ dir, owner: 54321, group: 54321 });
    const before = await task.fact.read(ask);
    t.match(before, { type: 'directory', others: all.length });
    t.equal(before.paths.length, all.length, 'a name of two lines is one');
    execFileSync(program, [...more, '-c', giving(dir)], { env: { PATH: path } });
    t.same(ownersOf(all), ['54321:54321'], words.join(' '));
    t.same(ownersOf([outside, join(outside, 'file')]), ['0:0']);
    t.same(await task.fact.read(ask), { type: 'directory', others: 0, paths: [] });
  }
});

/** Exchanges a folder of the tree with a link to a folder of root's, as fast as it can, as the tree's owner. */
const attacker = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [dir, victim] = process.argv.slice(1);
process.setgroups([]);
process.setgid(54321);
process.setuid(54321);
process.chdir(dir);
process.send('ready');
let swaps = 0;
process.on('message', () => process.send(swaps, () => process.exit()));
symlinkSync(victim, 'link');
function round() {
  for (let i = 0; i < 200; i++) {
    renameSync('sub', 'away');
    renameSync('link', 'sub');
    renameSync('sub', 'link');
    renameSync('away', 'sub');
    swaps++;
  }
  setImmediate(round);
}
round();`;

t.test("a tree's owner cannot have root give away what is elsewhere", asRoot, async (t) => {
  const top = folder(t);
  const victim = join(top, 'victim');
  mkdirSync(victim);
  const dir = join(top, 'tree');
  mkdirSync(join(dir, 'sub'), { recursive: true });
  const names = Array.from({ length: 40 }, (_, number) => `f${number}`);
  for (const name of names) {
    writeFileSync(join(dir, 'sub', name), '');
    writeFileSync(join(victim, name), '');
  }
  chownSync(dir, 54321, 54321);
  chownSync(join(dir, 'sub'), 54321, 54321);
  // A way to the files that no exchange of names turns elsewhere: every round has something to give away.
  const held = openSync(join(dir, 'sub'), 'r');
  t.teardown(() => closeSync(held));
  const child = spawn(...outsideTap(process.execPath, ['-e', attacker, dir, victim]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'message');
  const until = Date.now() + 2000;
  while (Date.now() < until) {
    for (const name of names) chownSync(`/proc/self/fd/${held}/${name}`, 0, 0);
    spawnSync('/bin/sh', ['-c', giving(dir)], { stdio: 'ignore' });
  }
  child.send('how many');
  const [swaps] = await once(child, 'message');
  t.ok(swaps > 0, `${swaps} swaps`);
  t.same(ownersOf([victim, ...names.map((name) => join(victim, name))]), ['0:0']);
});

t.test('a link in the place of the folder itself is noticed', asRoot, async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'victim'));
  symlinkSync('victim', join(dir, 'tree'));
  const { status, stderr } = spawnSync('/bin/sh', ['-c', giving(join(dir, 'tree'))], { encoding: 'utf8' });
  t.equal(status, 1);
  t.match(stderr, /tree is a symbolic link/);
  t.same(ownersOf([join(dir, 'victim')]), ['0:0']);
});

t.test('a file that has another name elsewhere is not given away', asRoot, async (t) => {
  const { dir, outside, all } = tree(t);
  const planted = join(dir, 'a/planted');
  linkSync(join(outside, 'file'), planted);
  const args = { dir, owner: 54321, group: 54322 };
  for (const check of [true, false]) {
    const { error, performed } = await on(args, { check });
    t.match(error, {
      code: 'refused',
      message: `${planted} has more than one name (hard links): `,
      hint: /./,
    });
    t.same([performed, ownersOf(all)], [[], ['0:0']]);
  }
  // One that comes after the look is left out.
  execFileSync('/bin/sh', ['-c', giving(dir)]);
  t.same(ownersOf(all), ['54321:54321']);
  t.same(ownersOf([planted, join(outside, 'file')]), ['0:0']);

  chownSync(planted, 54321, 54322);
  t.same((await on(args)).statuses, ['changed'], "one that belongs to the right owner is nobody's business");
});

t.test('other file systems are not entered', asRoot, async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, 'mount'));
  const script = `mount -t tmpfs dabook '${dir}/mount' && : >'${dir}/mount/file' && sh -c "$1" && stat -c %u '${dir}/mount/file'`;
  const { status, stdout } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', giving(dir)], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    t.comment('no file system can be mounted here');
    return;
  }
  t.equal(stdout.trim(), '0');
  t.same(ownersOf([dir]), ['54321:54321']);
});
