import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { equal } from '../../lib/equal.ts';
import type { Task } from '../../lib/index.ts';
import { secret } from '../../lib/secret.ts';
import { type CopyFileArgs, copyFile } from '../../lib/tasks/files/copy-file.ts';
import { copyKeys } from '../../lib/tasks/files/copy-keys.ts';
import { account, fileState, keyFiles } from '../../lib/tasks/files/index.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import { askBy, onHosts, type Rig } from './rig.ts';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? {} : { skip: 'changing owners takes root' };
const uid = process.getuid?.() ?? 0;

/** Two hosts that are both this machine: a copy from one to the other is between folders. */
const rig: Rig = {
  targets: ['here', 'there'].map((name) => ({ name, connection: 'local', address: 'localhost' })),
  become: false,
  connect: createLocalTransport({ user: 'me' }).connect,
};

function folder(t: Test): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'dabook files ')));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

const on = <S>(task: Task<S>, options: { check?: boolean } = {}) =>
  onHosts(rig, async ([here]) => (await here.run(task)).state, options);

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8).padStart(4, '0');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

t.test('copyFile', async (t) => {
  t.test('a new file: foreseen, written, and then nothing to do', async (t) => {
    const dir = folder(t);
    const dest = join(dir, "it's new.txt");
    const task = () => copyFile({ content: 'hello\n', dest });

    const check = await on(task(), { check: true });
    t.same(check.statuses, ['would-change']);
    t.same(readdirSync(dir), [], 'check mode writes nothing');
    t.match(check.changes, [
      { path: 'content', op: 'add', to: 'hello\n' },
      { path: 'mode', op: 'add', to: '0644' },
      { path: 'sha256', op: 'add', to: sha256('hello\n') },
      { path: 'type', op: 'change', from: 'missing', to: 'file' },
    ]);

    const apply = await on(task());
    t.same(apply.statuses, ['changed']);
    t.same(apply.planned, check.planned, 'what was planned is what check mode showed');
    t.equal(readFileSync(dest, 'utf8'), 'hello\n');
    t.equal(modeOf(dest), '0644');
    t.same(readdirSync(dir), ["it's new.txt"], 'nothing is left beside it');

    const again = await on(task());
    t.same(again.statuses, ['ok']);
    t.same(again.performed, []);
    t.match(again.result, { type: 'file', mode: '0644', sha256: sha256('hello\n') });
  });

  t.test('other content keeps mode and owner', async (t) => {
    const dest = join(folder(t), 'motd');
    writeFileSync(dest, 'old\n');
    chmodSync(dest, 0o664);
    if (isRoot) chownSync(dest, 12345, 23456);
    const { changes, statuses } = await on(copyFile({ content: 'new\n', dest }));
    t.same(statuses, ['changed']);
    t.match(changes, [
      { path: 'content', from: 'old\n', to: 'new\n' },
      { path: 'sha256', op: 'change' },
    ]);
    t.equal(changes.length, 2);
    t.equal(readFileSync(dest, 'utf8'), 'new\n');
    t.equal(modeOf(dest), '0664');
    if (isRoot) t.match(statSync(dest), { uid: 12345, gid: 23456 });
  });

  t.test('another mode alone never rewrites the content', async (t) => {
    const dest = join(folder(t), 'motd');
    writeFileSync(dest, 'same\n');
    const { ino } = statSync(dest);
    utimesSync(dest, 1000, 1000);
    const { changes, performed, statuses } = await on(copyFile({ content: 'same\n', dest, mode: '640' }));
    t.same(statuses, ['changed']);
    t.match(changes, [{ path: 'mode', op: 'change', to: '0640' }]);
    t.same(performed, [`chmod '0640' '${dest}'`]);
    t.match(statSync(dest), { ino, mtimeMs: 1_000_000 });
    t.equal(modeOf(dest), '0640');
  });

  t.test('owner and group, by name and by number', asRoot, async (t) => {
    const dest = join(folder(t), 'motd');
    writeFileSync(dest, 'same\n');
    chmodSync(dest, 0o4755);
    const named = await on(copyFile({ content: 'same\n', dest, owner: 'daemon', group: 'daemon' }));
    t.match(named.changes, [
      { path: 'group', op: 'change', to: 'daemon' },
      { path: 'owner', op: 'change', to: 'daemon' },
    ]);
    t.match(statSync(dest), { uid: 1, gid: 1 });
    t.equal(modeOf(dest), '4755', 'a change of owner does not take the set-id bit');
    t.same((await on(copyFile({ content: 'same\n', dest, owner: 1, group: '1' }))).statuses, ['ok']);
    t.same((await on(copyFile({ content: 'same\n', dest, owner: 54321 }))).statuses, ['changed']);
    t.match(statSync(dest), { uid: 54321, gid: 1 });
    const kept = await on(copyFile({ content: 'other\n', dest }));
    t.match(kept.result, { owner: '54321', group: 'daemon', mode: '4755' });
    t.match(statSync(dest), { uid: 54321, gid: 1 });
  });

  t.test('from a file of the control machine, into a folder, binary and large', async (t) => {
    const dir = folder(t);
    const src = join(dir, 'photo.bin');
    const bytes = Buffer.alloc(700_000, Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
    writeFileSync(src, bytes);
    mkdirSync(join(dir, 'into'));
    const { changes, statuses } = await on(copyFile({ src: pathToFileURL(src), dest: `${dir}/into/` }));
    t.same(statuses, ['changed']);
    t.same(readFileSync(join(dir, 'into/photo.bin')), bytes);
    t.notOk(
      changes.some(({ path }) => path === 'content'),
      'no text is made of it',
    );
    t.same((await on(copyFile({ src, dest: join(dir, 'into/photo.bin') }))).statuses, ['ok']);
  });

  t.test('what is not for everybody is not shown', async (t) => {
    const dest = join(folder(t), 'password');
    const marker = 'correct horse battery staple';
    const content = secret('database password', marker);
    const first = await on(copyFile({ content, dest }));
    t.equal(modeOf(dest), '0600');
    t.equal(readFileSync(dest, 'utf8'), marker);
    writeFileSync(dest, 'something else that was there');
    const second = await on(copyFile({ content, dest }));
    t.match(second.changes, [
      { path: 'sha256', from: '<checksum of database password>', to: '<checksum of database password>' },
    ]);
    t.same((await on(copyFile({ content, dest }))).statuses, ['ok']);
    for (const text of [marker, sha256(marker), 'something else that was there']) {
      t.notMatch(JSON.stringify([first, second]), text);
    }
    const shown = await on(copyFile({ content: 'plain text\n', dest }), { check: true });
    t.notOk(
      shown.changes.some(({ path }) => path === 'content'),
      'nor a text in a file of mode 0600',
    );
  });

  t.test('check mode goes on from what it foresaw', async (t) => {
    const dest = join(folder(t), 'motd');
    const { statuses } = await onHosts(
      rig,
      ([here]) =>
        here.run([
          copyFile({ content: 'a', dest }),
          copyFile({ content: 'a', dest }),
          copyFile({ content: 'b', dest }),
        ]),
      { check: true },
    );
    t.same(statuses, ['would-change', 'ok', 'would-change']);
  });

  t.test('refusals, the same in check mode', async (t) => {
    const dir = folder(t);
    writeFileSync(join(dir, 'file'), '');
    symlinkSync(join(dir, 'file'), join(dir, 'link'));
    symlinkSync('/nowhere', join(dir, 'dangling'));
    mkdirSync(join(dir, 'folder'));
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    const cases: [Partial<CopyFileArgs>, RegExp][] = [
      [{ dest: join(dir, 'link') }, /link is a symbolic link/],
      [{ dest: join(dir, 'dangling') }, /dangling is a symbolic link/],
      [{ dest: join(dir, 'folder') }, /folder is a folder/],
      [{ dest: join(dir, 'pipe') }, /pipe is neither a file nor a folder/],
      [{ dest: join(dir, 'no such/file') }, /the folder of .*no such\/file does not exist/],
      [{ dest: join(dir, 'file/below') }, /the folder of .*file\/below does not exist/],
      [{ dest: join(dir, 'file'), owner: 'no-such-user' }, /here has no user no-such-user/],
      [{ dest: join(dir, 'file'), group: 'no-such-group' }, /here has no group no-such-group/],
    ];
    const before = execFileSync('find', [dir, '-printf', '%p %y %m %T@ %i\n']).toString();
    for (const [args, message] of cases) {
      for (const check of [true, false]) {
        const { error, statuses } = await on(copyFile({ content: 'x', dest: '', ...args } as CopyFileArgs), {
          check,
        });
        t.match(error, { code: 'refused', message, hint: /./ }, `${message}, check: ${check}`);
        t.same(statuses, ['failed']);
      }
    }
    t.equal(execFileSync('find', [dir, '-printf', '%p %y %m %T@ %i\n']).toString(), before);
  });

  t.test('arguments that cannot be', async (t) => {
    const cases: [CopyFileArgs, RegExp][] = [
      [{ content: 'x', dest: 'relative' }, /"relative" is no absolute path/],
      [{ content: 'x', dest: '~/x' }, /no absolute path/],
      [{ content: 'x', dest: '/a\nb' }, /no absolute path/],
      [{ content: 'x', dest: '/etc/' }, /a text has no file name/],
      [{ content: 'x', dest: '/x', mode: '888' }, /"888" is no file mode/],
      [{ content: 'x', dest: '/x', mode: 'u+x' }, /no file mode/],
      [{ content: 'x', dest: '/x', owner: 'a:b' }, /"a:b" is no name of a user/],
      [{ content: 'x', dest: '/x', owner: '--from' }, /no name of a user/],
      [{ content: secret('password', 'x'), dest: '/x', mode: '0644' }, /lets everybody read/],
      [{ src: '/no/such/source', dest: '/x' }, /\/no\/such\/source cannot be read on the control machine/],
    ];
    for (const [args, message] of cases) {
      t.throws(() => copyFile(args), { code: 'playbook', message, hint: /./ }, String(message));
    }
    // @ts-expect-error one source, not two
    t.doesNotThrow(() => copyFile({ content: 'x', src: '/etc/hostname', dest: '/x' }));
  });

  t.test('what the user may not look at is not called missing', asRoot, async (t) => {
    const dir = folder(t);
    chmodSync(dir, 0o755);
    mkdirSync(join(dir, 'closed'), { mode: 0o700 });
    writeFileSync(join(dir, 'closed/file'), 'x');
    const ask = askBy(
      ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh'],
      process.env.PATH ?? '',
    );
    await t.rejects(fileState(join(dir, 'closed/file')).read(ask), {
      code: 'command',
      message: /closed\/file.*[Pp]ermission denied/,
      hint: /become/,
    });
  });
});

t.test('keyFiles and copyKeys', async (t) => {
  function keys(t: Test) {
    const dir = folder(t);
    mkdirSync(join(dir, 'from'));
    mkdirSync(join(dir, 'to'));
    const secrets = {
      'da internal.key': 'INTERNAL-MARKER-1234567890\n',
      'shared.key': 'SHARED-MARKER-0987654321\n',
    };
    for (const [name, text] of Object.entries(secrets))
      writeFileSync(join(dir, 'from', name), text, { mode: 0o600 });
    writeFileSync(join(dir, 'from', 'readme.txt'), 'x');
    return { dir, from: join(dir, 'from'), to: join(dir, 'to'), secrets };
  }
  const owner = uid;

  t.test('names and checksums, in the order of the patterns', async (t) => {
    const { from, secrets } = keys(t);
    const { result } = await onHosts(rig, ([here]) =>
      here.read(keyFiles({ dir: `${from}/`, match: ['*shared*', '*internal*'] })),
    );
    t.same(result, {
      host: 'here',
      become: false,
      files: ['shared.key', 'da internal.key'].map((name) => ({
        name,
        path: join(from, name),
        sha256: sha256(secrets[name as keyof typeof secrets]),
      })),
    });
    const cases: [string, string | string[], RegExp, RegExp][] = [
      [
        from,
        '*secret*',
        /no file in .*from on here is \*secret\*/,
        /it holds da internal.key, readme.txt, shared.key/,
      ],
      [from, '*.key', /several files in .* are \*\.key: da internal.key, shared.key/, /closer pattern/],
      [join(from, 'none'), '*', /there is no folder/, /check the path/],
      [from, ['shared.key', 'x$(touch pwned)`'], /no file/, /it holds/],
    ];
    for (const [dir, match, message, hint] of cases) {
      const { error } = await onHosts(rig, ([here]) => here.read(keyFiles({ dir, match })));
      t.match(error, { code: 'refused', message, hint });
    }
  });

  t.test('copied, verified, repaired; seen in no event', async (t) => {
    const { dir, from, to, secrets } = keys(t);
    writeFileSync(join(to, 'other.key'), 'mine');
    const work = ([here, there]: Parameters<Parameters<typeof onHosts>[1]>[0]) =>
      here
        .read(keyFiles({ dir: from, match: ['*internal*', '*shared*'] }))
        .then((source) => there?.run(copyKeys({ from: source, dir: to, owner })));

    const check = await onHosts(rig, work, { check: true });
    t.same(check.statuses, ['would-change']);
    t.same(readdirSync(to), ['other.key']);
    const apply = await onHosts(rig, work);
    t.same(apply.statuses, ['changed']);
    t.same(apply.planned, check.planned);
    for (const [name, text] of Object.entries(secrets)) {
      t.equal(readFileSync(join(to, name), 'utf8'), text);
      t.equal(modeOf(join(to, name)), '0600');
    }
    t.equal(readFileSync(join(to, 'other.key'), 'utf8'), 'mine');
    t.same((await onHosts(rig, work)).performed, []);

    chmodSync(join(to, 'da internal.key'), 0o644);
    const { ino } = statSync(join(to, 'da internal.key'));
    const mode = await onHosts(rig, work);
    t.same(mode.changes, [{ path: 'da internal.key.mode', op: 'change', from: '0644', to: '0600' }]);
    t.equal(statSync(join(to, 'da internal.key')).ino, ino, 'the mode alone does not rewrite a key');
    t.equal(modeOf(join(to, 'da internal.key')), '0600');

    writeFileSync(join(to, 'shared.key'), 'somebody else was here');
    const content = await onHosts(rig, work);
    t.match(content.changes, [{ path: 'shared.key.fingerprint', op: 'change', to: /^[0-9a-f]{32}$/ }]);
    t.equal(content.performed.length, 1);
    t.equal(readFileSync(join(to, 'shared.key'), 'utf8'), secrets['shared.key']);

    const told = JSON.stringify([check, apply, mode, content]);
    for (const marker of ['INTERNAL-MARKER', 'SHARED-MARKER', 'somebody else']) t.notMatch(told, marker);
    t.same(readdirSync(dir).sort(), ['from', 'to']);
  });

  t.test('the owner, and a folder that is missing', asRoot, async (t) => {
    const { dir, from } = keys(t);
    const to = join(dir, 'deep/er/keys');
    const copy = (parents: boolean, check = false) =>
      onHosts(
        rig,
        async ([here]) => {
          const source = await here.read(keyFiles({ dir: from, match: '*shared*' }));
          return here.run(copyKeys({ from: source, dir: `${to}/`, owner: 1003, group: '1003', parents }));
        },
        { check },
      );
    t.match((await copy(false)).error, {
      code: 'refused',
      message: /er\/keys does not exist/,
      hint: /parents: true/,
    });
    t.same((await copy(true, true)).statuses, ['would-change']);
    t.notOk(existsSync(join(dir, 'deep')));
    const made = await copy(true);
    t.same(made.statuses, ['changed']);
    t.match(statSync(to), { uid: 1003, gid: 1003 });
    t.match(statSync(join(to, 'shared.key')), { uid: 1003, gid: 1003 });
    t.equal(modeOf(to), '0700');
    t.same((await copy(true)).statuses, ['ok']);
    chownSync(join(to, 'shared.key'), 0, 0);
    const owner = await copy(true);
    t.match(owner.changes, [
      { path: 'shared.key.group', op: 'change', to: '1003' },
      { path: 'shared.key.owner', op: 'change', to: '1003' },
    ]);
    t.match(statSync(join(to, 'shared.key')), { uid: 1003, gid: 1003 });
    chmodSync(to, 0o777);
    t.match((await copy(true)).error, { code: 'refused', message: /everybody may write to the folder/ });
  });

  t.test('refusals', async (t) => {
    const { from, to } = keys(t);
    const source = {
      host: 'here',
      become: false,
      files: [{ name: 'k', path: join(from, 'shared.key'), sha256: 'f'.repeat(64) }],
    };
    for (const mode of ['0640', '604', '660', '0644']) {
      t.throws(() => copyKeys({ from: source, dir: to, mode }), {
        code: 'playbook',
        message: /lets others than the owner/,
      });
    }
    symlinkSync(join(from, 'shared.key'), join(to, 'k'));
    t.match((await on(copyKeys({ from: source, dir: to }))).error, {
      code: 'refused',
      message: /k is a symlink, not a file/,
    });
    rmSync(join(to, 'k'));
    mkdirSync(join(to, 'k'));
    t.match((await on(copyKeys({ from: source, dir: to }))).error, {
      code: 'refused',
      message: /k is a directory/,
    });
    t.match((await on(copyKeys({ from: source, dir: join(from, 'shared.key') }))).error, {
      code: 'refused',
      message: /is not a folder/,
    });
    rmSync(join(to, 'k'), { recursive: true });
    t.match((await on(copyKeys({ from: source, dir: to }))).error, {
      message: /changed after it was looked at/,
    });
    t.same(readdirSync(to), []);
  });
});

t.test('want is a fixed point', async (t) => {
  const missing = { type: 'missing', parent: { exists: true } } as const;
  const present = {
    ...missing,
    type: 'file',
    mode: '0600',
    owner: 'root',
    group: 'root',
    sha256: 'x',
  } as const;
  for (const now of [missing, present, { ...present, content: 'old' }]) {
    for (const args of [
      { content: 'a' },
      { content: secret('s', 'a') },
      { content: 'a', mode: '0640', owner: 'x' },
    ]) {
      const task = copyFile({ dest: '/x', ...args });
      const want = task.want(now);
      t.ok(equal(task.want(want), want));
      t.ok(task.steps(now, want).length === 1);
    }
  }
});

const busybox = '/usr/bin/busybox';
const withBusybox = existsSync(busybox) ? {} : { skip: `there is no ${busybox}` };

t.test('the same scripts with busybox', withBusybox, async (t) => {
  const dir = folder(t);
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const applets = ['stat', 'sha256sum', 'id', 'ls'];
  for (const applet of applets) symlinkSync(busybox, join(bin, applet));
  const paths = ['plain', 'with blank', "quote'", 'back\\slash', 'a:b', 'empty'].map((name) =>
    join(dir, name),
  );
  for (const path of paths) writeFileSync(path, path.endsWith('empty') ? '' : path, { mode: 0o604 });
  symlinkSync(bin, join(dir, 'link'));
  const shells: [string, ReturnType<typeof askBy>][] = [
    ['busybox', askBy([busybox, 'sh'], bin)],
    ['sh', askBy(['/bin/sh'], process.env.PATH ?? '')],
    ['bash', askBy(['/bin/bash'], process.env.PATH ?? '')],
  ];
  for (const [name, ask] of shells) {
    for (const path of paths) {
      const state = await fileState(path).read(ask);
      t.match(
        state,
        {
          type: 'file',
          mode: '0604',
          sha256: sha256(readFileSync(path, 'utf8')),
          parent: { exists: true, mode: '0700' },
        },
        `${name}: ${path}`,
      );
    }
    t.match(await fileState(join(dir, 'link')).read(ask), { type: 'symlink' }, `${name}: a link`);
    t.match(await fileState(join(dir, 'link/stat')).read(ask), { type: 'symlink', parent: { exists: true } });
    t.match(await fileState(join(dir, 'none/at all')).read(ask), {
      type: 'missing',
      parent: { exists: false },
    });
    t.match(await fileState('/').read(ask), { type: 'directory' });
    t.same(await account('user', 'root').read(ask), { id: 0 }, `${name}: a user`);
    t.same(await account('user', 'no-such').read(ask), {});
    t.same(await account('group', 'root').read(ask), { id: 0 }, `${name}: a group`);
    t.same(await account('group', 'no-such').read(ask), {});
    const { files } = await keyFiles({ dir, match: ['back?slash', '*blank'] }).read(ask);
    t.same(
      files.map((file) => [file.name, file.sha256]),
      ['back\\slash', 'with blank'].map((file) => [file, sha256(join(dir, file))]),
      `${name}: key files`,
    );
  }
  await t.rejects(fileState('/x').read(askBy(['/bin/sh'], '/nonexistent')), { message: /stat/ });
});
