import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { packTree } from '../../lib/pack-tree.ts';
import type { TreeStep } from '../../lib/step.ts';
import {
  type CopyTreeArgs,
  copyFile,
  copyTree,
  plainText,
  textFile,
  yamlFile,
} from '../../lib/tasks/files/index.ts';
import { layTree } from '../../lib/tree-layout.ts';
import { treeScript } from '../../lib/tree-script.ts';
import { isKnown } from '../../lib/unknown.ts';
import { outsideTap } from '../outside-tap.ts';
import { folderOf, rig } from './here.ts';
import { askBy, onHosts } from './rig.ts';

const asRoot = process.getuid?.() === 0 ? {} : { skip: 'other users take root' };

const on = (args: CopyTreeArgs, options: { check?: boolean } = {}) =>
  onHosts(rig, async ([here]) => (await here.run(copyTree(args))).state, options);

const folder = (t: Test) => folderOf(t, 'dabook copies ', 0o755);

/** Writes files, by their paths, each with its path as content. */
function write(dir: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), `${path}\n`);
  }
}

/** A link in a new folder. */
function link(to: string, dir: string, name: string): void {
  mkdirSync(dir);
  symlinkSync(to, join(dir, name));
}

/** All that is below a folder: paths with type, mode and content. */
function contentOf(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { recursive: true }).map((name) => {
    const path = join(dir, `${name}`);
    const stats = lstatSync(path);
    const mode = (stats.mode & 0o7777).toString(8);
    const content = stats.isFile() ? readFileSync(path, 'latin1') : '';
    return [`${name}`, `${stats.isDirectory() ? 'folder' : 'file'} ${mode} ${content}`] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const deep = Array.from({ length: 4 }, (_, level) => `${level}`.repeat(70)).join('/');
/** Names that are no plain words, or too long for a header of tar. */
const odd = [
  "it's $(id) `id`",
  '-rf',
  'a b/-n',
  'back\\slash\\n',
  '.hidden',
  '..more',
  'naïve/日本語.txt',
  'a:b*?[c]"',
  `${deep}/file`,
  `long/${'x'.repeat(200)}`,
  `long/${'é'.repeat(120)}/${'y'.repeat(99)}`,
];

t.test('a tree: foreseen, copied, and then nothing to do', async (t) => {
  const dir = folder(t);
  const src = join(dir, 'src');
  const dest = join(dir, 'the dest');
  write(src, [...odd, ...Array.from({ length: 2000 }, (_, number) => `d${number % 40}/f${number}`)]);
  mkdirSync(join(src, 'empty/folder'), { recursive: true });
  writeFileSync(join(src, 'none'), '');
  writeFileSync(join(src, 'run'), '#!/bin/sh\n', { mode: 0o700 });
  writeFileSync(join(src, 'large'), Buffer.alloc(1_500_000, 'large '));
  for (const name of ['d1', 'd2/f2']) chmodSync(join(src, name), 0o700);
  const args = { src: pathToFileURL(`${src}/`), dest: `${dest}/` };
  const wanted = contentOf(src);
  for (const [path, text] of Object.entries(wanted)) {
    const executable = path === 'run' || path === 'd2/f2' || text.startsWith('folder');
    wanted[path] = text.replace(/ \d+/, executable ? ' 755' : ' 644');
  }

  const check = await on(args, { check: true });
  t.same([check.error, check.statuses], [undefined, ['would-change']]);
  t.notOk(existsSync(dest), 'check mode writes nothing');
  t.match(check.changes[1], { path: 'others', from: Object.keys(wanted).length + 1, to: 0 });
  t.match(
    check.changes.find(({ path }) => path === 'paths..hidden'),
    { op: 'add', to: /^0644 [0-9a-f]{16}$/ },
  );
  t.equal(check.changes.length, 23, 'of many the first twenty are told');
  t.match(check.changes[0], { path: 'more', from: /^<checksum of \d+ more>$/ });

  const apply = await on(args);
  t.same([apply.error, apply.statuses, apply.planned], [undefined, ['changed'], check.planned]);
  t.match(apply.planned, [/^write 2014 files \(\d+ bytes\), make \d+ folders: /]);
  t.same(contentOf(dest), wanted);
  t.same(readdirSync(dir).sort(), ['src', 'the dest'], 'nothing is left beside it');
  const again = await on(args);
  t.same([again.statuses, again.performed], [['ok'], []]);
  t.same(again.result, { type: 'directory', others: 0, paths: {} });
});

t.test('only what differs is sent; what is there beyond stays', async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  write(src, [
    'same',
    'sub/same',
    'sub/other',
    'sub/gone',
    'mode',
    'sub/mode',
    'new/deep/file',
    'left out/x',
    'a/b.log',
  ]);
  write(dest, ['same', 'sub/same', 'mode', 'sub/mode', 'beyond', 'sub/beyond', 'beyond too/file']);
  writeFileSync(join(dest, 'sub/other'), 'other');
  for (const name of ['mode', 'sub/mode', 'beyond']) chmodSync(join(dest, name), 0o600);
  chmodSync(join(dest, 'sub'), 0o700);
  utimesSync(join(src, 'sub/gone'), 1000, 1000);
  const before = new Map(['same', 'mode', 'sub/mode'].map((name) => [name, statSync(join(dest, name))]));
  const { changes, planned, statuses } = await on({
    src,
    dest,
    exclude: ['left out/', '*.log', '/sub/none'],
  });
  t.same(statuses, ['changed']);
  t.match(planned, [`write 3 files (33 bytes), make 3 folders, set owner and mode of 2: '${dest}'`]);
  t.match(Object.fromEntries(changes.map(({ path, op }) => [path, op])), {
    'paths.mode': 'change',
    'paths.sub/mode': 'change',
    'paths.sub/other': 'change',
    'paths.sub/gone': 'add',
    'paths.new/': 'add',
    'paths.new/deep/': 'add',
    'paths.new/deep/file': 'add',
    'paths.a/': 'add',
  });
  t.equal(changes.length, 9);
  const now = contentOf(dest);
  t.match(now, {
    same: 'file 644 same\n',
    mode: 'file 644 mode\n',
    'sub/mode': 'file 644 sub/mode\n',
    'sub/other': 'file 644 sub/other\n',
    sub: 'folder 700 ',
    new: 'folder 755 ',
    'new/deep/file': 'file 644 new/deep/file\n',
    beyond: 'file 600 beyond\n',
    'sub/beyond': 'file 644 sub/beyond\n',
    a: 'folder 755 ',
  });
  t.notOk('left out' in now || 'a/b.log' in now);
  for (const [name, { ino, mtimeMs }] of before) {
    t.match(statSync(join(dest, name)), { ino, mtimeMs }, `${name} was not written`);
  }
  t.equal(statSync(join(dest, 'sub/gone')).mtimeMs, 1_000_000, 'a file has the time of its source');
  t.same((await on({ src, dest, exclude: ['left out', '*.log'] })).statuses, ['ok']);

  const given = await on({ src, dest, exclude: ['left out', '*.log'], mode: '0640', dirMode: '2750' });
  t.same(given.statuses, ['changed']);
  t.match(contentOf(dest), {
    same: /^file 640/,
    sub: /^folder 2750/,
    'new/deep': /^folder 2750/,
    beyond: /600/,
  });
  t.equal(statSync(dest).mode & 0o7777, 0o2750);
});

t.test('owner and group: of all that is named, or kept', asRoot, async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  write(src, ['a', 'sub/b', 'sub/c']);
  write(dest, ['sub/beyond', 'sub/b']);
  writeFileSync(join(dest, 'sub/c'), 'other');
  chownSync(join(dest, 'sub/c'), 54321, 54322);
  const owners = (...paths: string[]) =>
    paths.map((path) => statSync(join(dest, path))).map(({ uid, gid }) => `${uid}:${gid}`);
  const all = ['', 'a', 'sub', 'sub/b', 'sub/c'];
  await on({ src, dest });
  t.same(owners(...all), ['0:0', '0:0', '0:0', '0:0', '54321:54322'], 'who owns a file keeps it');
  const named = await on({ src, dest, owner: 'daemon', group: 'daemon' });
  t.match(named.planned, [/^set owner and mode of 5: /]);
  t.same(owners(...all), ['1:1', '1:1', '1:1', '1:1', '1:1']);
  t.same(owners('sub/beyond'), ['0:0']);
  t.same(
    (await on({ src, dest, owner: 1, group: '1' })).statuses,
    ['ok'],
    'a name and its number are the same',
  );
  rmSync(dest, { recursive: true });
  await on({ src, dest, owner: 54321 });
  t.same(owners(...all), ['54321:0', '54321:0', '54321:0', '54321:0', '54321:0']);
});

t.test('what it refuses, the same in check mode', async (t) => {
  const dir = folder(t);
  const src = join(dir, 'src');
  write(src, ['file', 'sub/file', 'last']);
  const cases: [string, (dest: string) => void, RegExp][] = [
    ['link', (dest) => symlinkSync('/etc', dest), /link is a symbolic link$/],
    ['file', (dest) => writeFileSync(dest, ''), /file is no folder$/],
    ['none/deep', () => {}, /the folder of .*none\/deep does not exist/],
    ['a', (dest) => write(dest, ['file/in']), /a\/file is a folder$/],
    ['b', (dest) => write(dest, ['sub']), /b\/sub is a file$/],
    ['c', (dest) => link('/etc', dest, 'sub'), /c\/sub is a symbolic link/],
    ['d', (dest) => link('nowhere', dest, 'file'), /d\/file is a symbolic link/],
    ['e', (dest) => write(dest, ['file/in', 'last/in']), /e\/file is a folder, and 1 more are in the way/],
  ];
  for (const [name, make, message] of cases) {
    const dest = join(dir, name);
    make(dest);
    const before = existsSync(dest) && lstatSync(dest).isDirectory() ? contentOf(dest) : undefined;
    for (const check of [true, false]) {
      const { error, statuses } = await on({ src, dest }, { check });
      t.match(error, { code: 'refused', message, hint: /./ }, `${message}, check: ${check}`);
      t.same(statuses, ['failed']);
    }
    if (before !== undefined) t.same(contentOf(dest), before);
  }
  const { error } = await on({ src, dest: join(dir, 'new'), owner: 'no-such-user' });
  t.match(error, { code: 'refused', message: /has no user no-such-user/ });

  const wrong: [Partial<CopyTreeArgs>, RegExp][] = [
    [{ dest: 'relative' }, /no absolute path/],
    [{ dest: '/opt/x/../y' }, /has "\.\." in it/],
    [{ mode: '4755' }, /mode 4755 lets all files run as somebody else/],
    [{ src: join(dir, 'nowhere') }, /nowhere cannot be read as a folder/],
    [{ src: join(src, 'file') }, /src\/file cannot be read as a folder/],
    [{ owner: '-R' }, /no name of a user/],
  ];
  for (const [args, message] of wrong) {
    t.throws(() => copyTree({ src, dest: '/opt/x', ...args }), { code: 'playbook', message, hint: /./ });
  }
  symlinkSync('file', join(src, 'sub/alias'));
  t.throws(() => copyTree({ src, dest: '/opt/x' }), {
    code: 'playbook',
    message: /sub\/alias is a symbolic link/,
  });
  t.doesNotThrow(() => copyTree({ src, dest: '/opt/x', exclude: ['sub/alias'] }));
  writeFileSync(join(src, 'two\nlines'), '');
  t.throws(() => copyTree({ src, dest: '/opt/x', exclude: ['alias'] }), {
    code: 'playbook',
    message: /newline/,
  });
});

t.test('check mode: later tasks see the files as they will be', async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  mkdirSync(src);
  mkdirSync(dest);
  writeFileSync(join(src, 'values.yml'), 'a: 1\n');
  const path = join(dest, 'values.yml');
  const { result, statuses, error } = await onHosts(
    rig,
    async ([here]) => {
      await here.run([
        copyTree({ src, dest }),
        copyTree({ src, dest }),
        yamlFile({ path, edits: [{ at: ['a'], set: 2 }] }),
        copyFile({ dest: path, content: 'a: 2\n' }),
      ]);
      return here.read(textFile(path));
    },
    { check: true },
  );
  t.same([error, statuses], [undefined, ['would-change', 'ok', 'would-change', 'ok']]);
  t.equal(isKnown(result) && result && plainText(result), 'a: 2\n');
  t.same(readdirSync(dest), []);
});

t.test('a source that changed since it was looked at', async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  const changes: [string, () => void, RegExp][] = [
    ['grown', () => appendFileSync(join(src, 'b'), 'more'), /src\/b changed after it was looked at/],
    ['gone', () => rmSync(join(src, 'b')), /src\/b cannot be read/],
    ['large', () => appendFileSync(join(src, 'large'), 'more'), /src\/large changed after it was looked at/],
    ['the same size', () => rewrite(join(src, 'b')), /ended with status 1/],
  ];
  for (const [name, change, message] of changes) {
    rmSync(src, { recursive: true, force: true });
    write(src, ['a', 'b', 'c']);
    writeFileSync(join(src, 'large'), Buffer.alloc(3_000_000, 'x'));
    const { error, result } = await onHosts(rig, async ([here]) => {
      const task = copyTree({ src, dest });
      change();
      const failed = await here.run(task).catch((error: unknown) => error);
      t.match(failed, { code: 'command', message }, name);
      // Whatever became of the shell that was to take it, the host goes on.
      return (await here.run(copyFile({ content: 'x', dest: join(dir, 'after') }))).state.type;
    });
    t.same([error, result], [undefined, 'file']);
    t.same(readdirSync(dir).sort(), ['after', 'src'], `${name}: nothing came, nothing is left`);
    rmSync(join(dir, 'after'));
  }
});

t.test('a source that changes while it is sent', async (t) => {
  const dir = folder(t);
  for (const name of ['b', 'large']) {
    const src = join(dir, name);
    write(src, ['a', 'b']);
    for (const large of ['0', 'large']) writeFileSync(join(src, large), Buffer.alloc(3_000_000, 'x'));
    const task = copyTree({ src, dest: join(dir, 'dest') });
    const now = await task.fact.read(askBy(['/bin/sh'], process.env.PATH ?? ''));
    const step = task.steps(now, task.want(now))[0] as TreeStep;
    const chunks = packTree(step, layTree(step)).chunks()[Symbol.asyncIterator]();
    t.ok((await chunks.next()).value?.length);
    appendFileSync(join(src, name), 'more');
    const rest = async () => {
      while (!(await chunks.next()).done);
    };
    await t.rejects(rest(), {
      code: 'command',
      message: `${join(src, name)} changed after it was looked at`,
    });
  }
});

/** Another content of the same size and time. */
function rewrite(path: string): void {
  const { size, atime, mtime } = statSync(path);
  writeFileSync(path, 'X'.repeat(size));
  utimesSync(path, atime, mtime);
}

/** The command that copies a tree onto a host where nothing of it is, and what it reads. */
async function copying(
  args: CopyTreeArgs,
  path = process.env.PATH ?? '',
): Promise<{ script: string; input: Buffer }> {
  const task = copyTree(args);
  const now = await task.fact.read(askBy(['/bin/sh'], path));
  const step = task.steps(now, task.want(now))[0] as TreeStep;
  return inputOf(step);
}

async function inputOf(step: TreeStep): Promise<{ script: string; input: Buffer }> {
  const layout = layTree(step);
  const { size, chunks } = packTree(step, layout);
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk);
  const input = Buffer.concat(parts);
  if (input.length !== size) throw new Error(`${input.length} bytes, not ${size}`);
  return { script: treeScript(step, layout).text, input };
}

const busybox = '/usr/bin/busybox';

/** Shells, each with the folder of the programs that it has. */
function shellsIn(t: Test): readonly (readonly [words: [string, ...string[]], path: string])[] {
  const bin = join(folder(t), 'bin');
  mkdirSync(bin);
  const applets =
    'sh stat sha256sum xargs tar mktemp mv rm rmdir ln chown chmod id uname sed cat dirname find head'.split(
      ' ',
    );
  for (const applet of applets) symlinkSync(busybox, join(bin, applet));
  const own = process.env.PATH ?? '';
  const shells: (readonly [words: [string, ...string[]], path: string])[] = [
    [['/bin/dash'], own],
    [['/bin/bash', '--norc', '--posix'], own],
    [[busybox, 'sh'], bin],
  ];
  return shells.filter(([[program]]) => existsSync(program));
}

t.test('with several shells, and with busybox alone', async (t) => {
  for (const [[program, ...words], path] of shellsIn(t)) {
    const name = [program, ...words].join(' ');
    const dir = folder(t);
    const [src, dest] = [join(dir, 'src'), join(dir, "the dest's")];
    write(src, [...odd, 'kept', 'sub/kept', 'sub/other', 'sub/new/file']);
    const owners = process.getuid?.() === 0 ? { owner: 54321, group: 54322 } : {};
    const task = () => copyTree({ src, dest, dirMode: '0750', ...owners });
    const ask = askBy([program, ...words], path);
    const apply = async () => {
      const now = await task().fact.read(ask);
      const step = task().steps(now, task().want(now))[0] as TreeStep;
      const { script, input } = await inputOf(step);
      const options = { input, env: { PATH: path }, encoding: 'utf8' } as const;
      return spawnSync(program, [...words, '-c', script], options);
    };
    t.match(await apply(), { status: 0, stdout: '', stderr: '' }, name);
    t.match(await task().fact.read(ask), { others: 0 }, `${name}: all is as it should be`);
    for (const one of odd) t.equal(readFileSync(join(dest, one), 'utf8'), `${one}\n`);

    chmodSync(join(dest, 'kept'), 0o600);
    chmodSync(join(dest, 'sub/kept'), 0o600);
    writeFileSync(join(dest, 'sub/other'), 'other');
    rmSync(join(dest, 'sub/new'), { recursive: true });
    rmSync(join(dest, '-rf'));
    const { ino } = statSync(join(dest, 'kept'));
    t.match(await apply(), { status: 0, stdout: '', stderr: '' }, name);
    t.match(await task().fact.read(ask), { others: 0 }, `${name}: and again`);
    t.match(statSync(join(dest, 'kept')), { ino, nlink: 1 });
    t.same(readdirSync(dir).sort(), ['src', "the dest's"]);
    t.notOk(readdirSync(dest, { recursive: true }).some((path) => `${path}`.includes('.dabook')));
  }
});

t.test('cut off anywhere: nothing half, nothing in the way of the next one', async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  write(
    src,
    Array.from({ length: 300 }, (_, number) => `d${number % 5}/f${number}`),
  );
  write(dest, ['d1/f1', 'd2/beyond']);
  writeFileSync(join(dest, 'd1/f6'), 'old');
  const before = contentOf(dest);
  const { script, input } = await copying({ src, dest });
  const leftIn = (path: string) => readdirSync(path).filter((name) => name.startsWith('.dabook'));

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = once(child, 'exit');
    child.stdin.on('error', () => {});
    child.stdin.write(input.subarray(0, input.length / 2));
    while (leftIn(dest).length === 0 || !existsSync(join(dest, leftIn(dest)[0] ?? '', 'names'))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    process.kill(-(child.pid ?? 0), signal);
    await ended;
    const left = leftIn(dest);
    t.equal(left.length, signal === 'SIGTERM' ? 0 : 1, `${signal}: ${left}`);
    const { [left[0] ?? '']: _left, ...now } = contentOf(dest);
    const seen = Object.entries(now).filter(([path]) => !path.startsWith('.dabook'));
    t.same(Object.fromEntries(seen), before, `${signal}: all is as it was`);
  }
  const cut = spawnSync('/bin/sh', ['-c', script], { input: input.subarray(0, input.length - 20_000) });
  t.not(cut.status, 0, 'a part is not taken for the whole');
  t.same(contentOf(dest), before, 'what the one that was killed left is gone with the next one');
  t.same((await on({ src, dest })).statuses, ['changed']);
  t.same((await on({ src, dest })).statuses, ['ok']);
  t.same(leftIn(dest), []);
});

const nobody = ['/usr/bin/setpriv', '--reuid=54321', '--regid=54321', '--clear-groups', 'sh'] as const;

t.test('as a user without rights', asRoot, async (t) => {
  const dir = folder(t);
  const src = join(dir, 'src');
  write(src, ['a', 'sub/b']);
  const run = (script: string, input: Buffer) =>
    spawnSync(nobody[0], [...nobody.slice(1), '-c', script], { input, encoding: 'utf8' });

  const own = join(dir, 'own');
  mkdirSync(own);
  chownSync(own, 54321, 54321);
  const inOwn = await copying({ src, dest: join(own, 'dest') });
  t.match(run(inOwn.script, inOwn.input), { status: 0, stderr: '' });
  t.same(Object.keys(contentOf(join(own, 'dest'))), ['a', 'sub', 'sub/b']);
  t.match(statSync(join(own, 'dest/sub/b')), { uid: 54321, gid: 54321 });

  // Others may write there too: things are made ready elsewhere.
  const shared = join(dir, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  const inShared = await copying({ src, dest: join(shared, 'dest') });
  t.match(run(inShared.script, inShared.input), { status: 0, stderr: '' });
  t.same(Object.keys(contentOf(join(shared, 'dest'))), ['a', 'sub', 'sub/b']);

  mkdirSync(join(dir, 'closed'));
  const inClosed = await copying({ src, dest: join(dir, 'closed') });
  t.match(run(inClosed.script, inClosed.input), { status: 1, stderr: /denied/ });
  t.same(readdirSync(join(dir, 'closed')), []);

  chmodSync(join(dir, 'closed'), 0o700);
  const ask = askBy(nobody, process.env.PATH ?? '');
  for (const dest of [join(dir, 'closed'), join(dir, 'closed/in/it')]) {
    await t.rejects(copyTree({ src, dest }).fact.read(ask), { code: 'command', hint: /become/ });
  }
  mkdirSync(join(dir, 'part'));
  writeFileSync(join(dir, 'part/a'), 'x', { mode: 0o600 });
  await t.rejects(copyTree({ src, dest: join(dir, 'part') }).fact.read(ask), {
    code: 'command',
    message: /\.\/a: Permission denied/,
  });
});

t.test('onto other file systems', asRoot, async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  write(src, ['a', 'mount/b', 'mount/kept', 'mount/new/c', 'other/d']);
  write(dest, ['mount/x', 'other/x']);
  const { script, input } = await copying({ src, dest, owner: 54321 });
  const around = `mount -t tmpfs -o mode=777 dabook '${dest}/mount' && sh -c "$1" && cd '${dest}' && find . | sort && stat -c '%u %n' mount/new/c`;
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', around, 'sh', script], {
    input,
    encoding: 'utf8',
  });
  if (/mount|unshare/.test(stderr) && status !== 0) {
    t.comment(`no file system can be mounted here: ${stderr}`);
    return;
  }
  t.match({ status, stderr }, { status: 0, stderr: '' });
  const lines = stdout.trim().split('\n');
  t.equal(lines.pop(), '54321 mount/new/c');
  t.same(
    lines,
    ['.', './a', './mount', './mount/b', './mount/kept', './mount/new', './mount/new/c'].concat([
      './other',
      './other/d',
      './other/x',
    ]),
  );
});

/** Exchanges a folder of the tree with a link to a folder of root's, and what is made there, as the tree's owner. */
const attacker = `
const { readdirSync, renameSync, symlinkSync } = require('node:fs');
const [dir, victim] = process.argv.slice(1);
process.setgroups([]);
process.setgid(54321);
process.setuid(54321);
process.chdir(dir);
process.send('ready');
let swaps = 0;
process.on('message', () => process.send(swaps, () => process.exit()));
symlinkSync(victim, 'link');
const attempt = (work) => { try { work(); swaps++; } catch {} };
function round() {
  for (let i = 0; i < 200; i++) {
    renameSync('sub', 'away');
    renameSync('link', 'sub');
    renameSync('sub', 'link');
    renameSync('away', 'sub');
    swaps++;
    for (const at of ['.', 'sub']) for (const name of readdirSync(at)) {
      if (!name.startsWith('.dabook.') || name.endsWith('.away') || Math.random() < 0.9) continue;
      attempt(() => { renameSync(at + '/' + name, at + '/' + name + '.away'); symlinkSync(victim, at + '/' + name); });
    }
  }
  setImmediate(round);
}
round();`;

t.test("a tree's owner cannot turn root's writes on what is elsewhere", asRoot, async (t) => {
  const top = folder(t);
  const [src, dest, victim] = [join(top, 'src'), join(top, 'tree'), join(top, 'victim')];
  const names = Array.from({ length: 10 }, (_, number) => `f${number}`);
  write(src, [...names, ...names.map((name) => `sub/${name}`), 'sub/new/file']);
  write(victim, names);
  write(dest, ['sub/f1']);
  chmodSync(join(dest, 'sub/f1'), 0o600);
  for (const path of ['', 'sub']) chownSync(join(dest, path), 54321, 54321);
  const { script, input } = await copying({ src, dest, owner: 54321, group: 54321 });
  const before = contentOf(victim);
  const child = spawn(...outsideTap(process.execPath, ['-e', attacker, dest, victim]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'message');
  const until = Date.now() + 3000;
  const came = new Set<number | null>();
  while (Date.now() < until) {
    const { status } = spawnSync('/bin/sh', ['-c', script], { input, stdio: ['pipe', 'ignore', 'ignore'] });
    came.add(status);
  }
  child.send('how many');
  const [swaps] = await once(child, 'message');
  t.ok(swaps > 0, `${swaps} swaps; it ended with ${[...came]}`);
  t.same(contentOf(victim), before);
  t.same(
    ['', ...names].map((name) => statSync(join(victim, name)).uid),
    ['', ...names].map(() => 0),
  );
  t.ok(statSync(join(victim, 'f1')).nlink === 1);
});

t.test('what came into the way after the look', async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'src'), join(dir, 'dest')];
  const outside = join(dir, 'outside');
  write(src, ['a', 'new/file', 'kept']);
  const run = async (prepare: () => void, change: () => void) => {
    rmSync(dest, { recursive: true, force: true });
    write(dest, ['kept']);
    writeFileSync(outside, 'old', { mode: 0o600 });
    prepare();
    const { script, input } = await copying({ src, dest });
    change();
    return spawnSync('/bin/sh', ['-c', script], { input, encoding: 'utf8' });
  };
  const nothing = () => {};
  t.not((await run(nothing, () => write(dest, ['a/in']))).status, 0);
  t.same(readdirSync(join(dest, 'a')), ['in'], 'a folder is not replaced by a file');
  t.not((await run(nothing, () => write(dest, ['new']))).status, 0);
  t.equal(readFileSync(join(dest, 'new'), 'utf8'), 'new\n', 'nor a file by a folder');
  t.not((await run(nothing, () => write(dest, ['new/in']))).status, 0);
  t.same(readdirSync(join(dest, 'new')), ['in'], 'nor a folder by another');
  t.equal((await run(nothing, () => symlinkSync(outside, join(dest, 'a')))).status, 0);
  t.ok(lstatSync(join(dest, 'a')).isFile(), 'a link is replaced');
  t.equal(readFileSync(outside, 'utf8'), 'old', 'and not followed');
  const close = () => chmodSync(join(dest, 'kept'), 0o600);
  const swap = () => {
    rmSync(join(dest, 'kept'));
    symlinkSync(outside, join(dest, 'kept'));
  };
  t.match(await run(close, swap), { status: 1, stderr: /kept is no regular file/ });
  t.equal(statSync(outside).mode & 0o777, 0o600, 'its owner and mode are no others');
  const leftovers = readdirSync(dest, { recursive: true }).filter((path) => `${path}`.includes('.dabook'));
  t.same(leftovers, []);
});
