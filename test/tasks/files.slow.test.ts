import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { attributesScript } from '../../lib/attributes-script.ts';
import { readContent } from '../../lib/content.ts';
import { equal } from '../../lib/equal.ts';
import { DabookError } from '../../lib/errors.ts';
import { createGathering } from '../../lib/gathering.ts';
import type { Host } from '../../lib/host.ts';
import type { Event, Task } from '../../lib/index.ts';
import type { Machine } from '../../lib/machine.ts';
import { perform } from '../../lib/perform.ts';
import type { Hosts } from '../../lib/playbook.ts';
import { putScript } from '../../lib/put-script.ts';
import { secret } from '../../lib/secret.ts';
import { sh } from '../../lib/sh.ts';
import { showStep } from '../../lib/show-step.ts';
import { attributes, docker, exec, type Step } from '../../lib/step.ts';
import { setAttributes } from '../../lib/tasks/files/attributes.ts';
import { type CopyFileArgs, copyFile } from '../../lib/tasks/files/copy-file.ts';
import { copyKeys } from '../../lib/tasks/files/copy-keys.ts';
import {
  account,
  copyTree,
  fileAbsent,
  fileState,
  type KeySource,
  keyFiles,
  ownedTree,
  plainText,
  textFile,
  xmlFile,
  yamlFile,
} from '../../lib/tasks/files/index.ts';
import { lookAt } from '../../lib/tasks/files/look-at.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import type { ExecResult } from '../../lib/transport/session.ts';
import { isKnown } from '../../lib/unknown.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary, canarySecret } from '../canary/canary.ts';
import { outsideTap } from '../outside-tap.ts';
import { folderOf } from './here.ts';
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

const folder = (t: Test) => folderOf(t, 'dabook files ');

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
    t.same(performed, [`chmod 0640 '${dest}'`]);
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
    const marker = canary('database password');
    mayHold(marker, /\/password$/);
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

  t.test('check mode: the text that later tasks work on is the one of the last', async (t) => {
    const dest = join(folder(t), 'values.yml');
    writeFileSync(dest, 'a: 1\n');
    const edit = yamlFile({ path: dest, edits: [{ at: ['a'], set: 2 }] });
    const tasks: readonly Task<unknown>[] = [
      edit,
      copyFile({ content: 'a: 3\n', dest }),
      edit,
      fileAbsent({ path: dest }),
      copyFile({ content: 'b: 1\n', dest }),
      copyFile({ content: 'b: 1\n', dest, mode: '0640' }),
      copyFile({ content: canarySecret('key'), dest }),
      fileAbsent({ path: dest }),
    ];
    const { result, error } = await onHosts(
      rig,
      async ([here]) => {
        const seen: unknown[] = [];
        for (const task of tasks) {
          await here.run(task);
          const file = await here.read(textFile(dest));
          seen.push(isKnown(file) ? (plainText(file) ?? file.type) : 'not known');
        }
        return seen;
      },
      { check: true },
    );
    t.same(error, undefined);
    t.same(result, ['a: 2\n', 'a: 3\n', 'a: 2\n', 'missing', 'b: 1\n', 'b: 1\n', 'not known', 'missing']);
    t.equal(readFileSync(dest, 'utf8'), 'a: 1\n');
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

/** The commands of a run by purpose, and how often the host was waited for. */
function waits({ events }: { readonly events: readonly Event[] }) {
  const ended = events.flatMap((event) => (event.type === 'command.ended' ? [event] : []));
  const count = (purpose: string) => ended.filter((event) => event.purpose === purpose).length;
  return {
    trips: new Set(ended.map(({ trip }) => trip)).size,
    facts: count('fact'),
    steps: count('step'),
  };
}

t.test('what a file task costs: one round trip when there is nothing to do', async (t) => {
  const dir = folder(t);
  const at = (name: string) => join(dir, name);
  for (const name of ['src', 'keys', 'owned']) mkdirSync(at(name));
  for (const name of ['src/a', 'keys/a.key', 'keys/b.key']) writeFileSync(at(name), name, { mode: 0o600 });
  writeFileSync(at('motd'), 'hello\n', { mode: 0o644 });
  const key = canary('key');
  mayHold(key, /\/secret$/);
  writeFileSync(at('secret'), key, { mode: 0o600 });
  writeFileSync(at('values.yml'), 'a: 1\n');
  writeFileSync(at('values.xml'), '<a><b>1</b></a>\n');
  execFileSync('cp', ['-r', at('src'), at('tree')]);
  chmodSync(at('tree/a'), 0o644);
  const { user, group } = { user: execFileSync('id', ['-un']), group: execFileSync('id', ['-gn']) };
  const owners = { owner: user.toString().trim(), group: group.toString().trim() };
  const files = ['a.key', 'b.key'].map((name) => ({
    name,
    path: at(`keys/${name}`),
    sha256: sha256(`keys/${name}`),
  }));
  const tasks: Record<string, Task<unknown>> = {
    copyFile: copyFile({ content: 'hello\n', dest: at('motd'), ...owners }),
    'copyFile of a file': copyFile({ src: at('src/a'), dest: at('tree/a') }),
    'copyFile of a secret': copyFile({ content: secret('key', key), dest: at('secret') }),
    copyKeys: copyKeys({ from: { host: 'there', become: false, files }, dir: at('keys'), ...owners }),
    copyTree: copyTree({ src: at('src'), dest: at('tree'), ...owners }),
    fileAbsent: fileAbsent({ path: at('nothing') }),
    ownedTree: ownedTree({ dir: at('owned'), owner: uid, group: owners.group }),
    xmlFile: xmlFile({ path: at('values.xml'), set: [{ at: 'a/b', value: 1 }] }),
    yamlFile: yamlFile({ path: at('values.yml'), edits: [{ at: ['a'], set: 1 }] }),
  };
  const converge = (list: readonly Task<unknown>[]) => onHosts(rig, ([here]) => here.run(list));
  for (const [name, task] of Object.entries(tasks)) {
    const told = await converge([task]);
    t.match([told.error, told.statuses, waits(told).trips], [undefined, ['ok'], 1], name);
  }
  const all = await converge(Object.values(tasks));
  t.same(new Set(all.statuses), new Set(['ok']));
  t.equal(waits(all).trips, 1, 'all together');
  const facts = [
    keyFiles({ dir: at('keys'), match: '*' }),
    textFile(at('motd')),
    fileState(at('motd'), owners),
  ];
  for (const fact of facts) t.equal(waits(await onHosts(rig, ([here]) => here.read<unknown>(fact))).trips, 1);

  const ten = Array.from({ length: 10 }, (_, number) =>
    copyFile({ content: `${number}`, dest: at(`t${number}`), ...owners }),
  );
  const first = await converge(ten);
  t.same(first.statuses, Array(10).fill('changed'));
  // A look, and for each a write and one more look, which is at what comes behind it too.
  t.match(waits(first), { steps: 10, trips: 1 + 2 * 10 });
  const again = await converge(ten);
  t.same(waits(again), { trips: 1, facts: 2, steps: 0 }, 'one command for all files, one for all accounts');

  for (const number of [3, 7]) writeFileSync(at(`t${number}`), `other\n`);
  const some = await converge(ten);
  t.same(some.statuses.filter((status) => status === 'changed').length, 2);
  t.equal(waits(some).trips, 1 + 2 * 2, 'the texts that differ come with the first look');
  t.match(some.changes, [
    { path: 'content', from: 'other\n', to: '3' },
    { path: 'sha256' },
    { path: 'content', from: 'other\n', to: '7' },
    { path: 'sha256' },
  ]);
});

t.test('texts that differ, of many files at once', async (t) => {
  const dir = folder(t);
  const texts = ['', '\n', '2\n', '\n 3\nmine\n', 'no end', 'naïve ü\n', 'x'.repeat(262_144)];
  const other: (string | Buffer)[] = ['x'.repeat(262_145), Buffer.from([0xff, 0xfe]), 'nul\0nul'];
  const tasks = [...texts, ...other].map((text, number) => {
    const dest = join(dir, `it's ${number}`);
    writeFileSync(dest, text);
    return copyFile({ content: 'new', dest });
  });
  const { changes } = await onHosts(rig, ([here]) => here.run(tasks), { check: true });
  const shown = changes.flatMap(({ path, from }) => (path === 'content' ? [from] : []));
  t.same(shown, texts);
  t.equal(changes.filter(({ path }) => path === 'sha256').length, tasks.length, 'all of them differ');
});

t.test('one that may not be looked at is no trouble of the others', asRoot, async (t) => {
  const dir = folder(t);
  chmodSync(dir, 0o755);
  for (const [name, mode] of [
    ['open', 0o755],
    ["it's closed", 0o700],
  ] as const) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, 'file'), 'x', { mode: 0o644 });
    chmodSync(join(dir, name), mode);
  }
  writeFileSync(join(dir, 'mine'), 'x', { mode: 0o600 });
  writeFileSync(join(dir, "it's mine"), 'x', { mode: 0o600 });
  const ask = askBy(
    ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh'],
    process.env.PATH ?? '',
  );
  const look = async (...names: string[]) => {
    const all = names.map((name) => fileState(join(dir, name)).read(ask));
    return (await Promise.allSettled(all)).map((each) =>
      each.status === 'fulfilled' ? each.value.type : each.reason.message.replace(/^.*: /, ''),
    );
  };
  const denied = 'Permission denied';
  t.same(await look('open/file', 'mine', 'none', 'open/none'), ['file', denied, 'missing', 'missing']);
  // What is said of a name that cannot be told for sure is said of all that could not be seen.
  t.same(await look('open/file', "it's mine", 'none'), ['file', denied, denied]);
  t.same(await look('open/file', "it's closed/file", "it's closed/none"), ['file', denied, denied]);
});

t.test('a large file is sent as it is read', async (t) => {
  const dir = folder(t);
  const [src, dest] = [join(dir, 'large'), join(dir, 'copy')];
  writeFileSync(src, Buffer.alloc(5_000_001, 'large '));
  const copied = await on(copyFile({ src, dest }));
  t.same([copied.statuses, readFileSync(dest).equals(readFileSync(src))], [['changed'], true]);
  const cases: [string, () => void][] = [
    ['longer', () => writeFileSync(src, Buffer.alloc(5_000_002, 'other '))],
    ['other bytes', () => writeFileSync(src, Buffer.alloc(5_000_002, 'again '))],
    ['short', () => writeFileSync(src, 'short')],
  ];
  for (const [name, change] of cases) {
    const { error, result } = await onHosts(rig, async ([here]) => {
      const task = copyFile({ src, dest: join(dir, 'new') });
      change();
      const failed = await here.run(task).catch((error: unknown) => error);
      t.match(failed, { code: 'command', message: /large changed after it was looked at/ }, name);
      return (await here.run(copyFile({ content: 'x', dest: join(dir, 'after') }))).state.type;
    });
    t.same([error, result], [undefined, 'file'], 'the host goes on');
    t.same(readdirSync(dir).sort(), ['after', 'copy', 'large'], 'nothing is left of it');
  }
});

t.test('keyFiles and copyKeys', async (t) => {
  function keys(t: Test) {
    const dir = folder(t);
    mkdirSync(join(dir, 'from'));
    mkdirSync(join(dir, 'to'));
    const secrets = {
      'da internal.key': `${canary('internal key')}\n`,
      'shared.key': `${canary('shared key')}\n`,
    };
    for (const text of Object.values(secrets)) mayHold(text, /\.key$/);
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

  t.test('what an earlier task of a check writes is not known before', async (t) => {
    const { dir, from, to, secrets } = keys(t);
    const third = join(dir, 'third');
    const copied = async (host: Host, [of, into]: readonly [string, string]) => {
      const source = await host.read(keyFiles({ dir: of, match: ['*internal*', '*shared*'] }));
      return host.run(copyKeys({ from: source, dir: into, parents: true }));
    };
    const work = async ([here]: Hosts<object>) => {
      await copied(here, [from, to]);
      await copied(here, [to, third]);
    };
    const check = await onHosts(rig, work, { check: true });
    t.same([check.error, check.statuses], [undefined, ['would-change', 'unknown']]);
    t.ok(
      check.events.some((event) => event.type === 'task.ended' && event.title === `copy keys to ${third}`),
    );
    const apply = await onHosts(rig, work);
    t.same([apply.error, apply.statuses], [undefined, ['changed', 'changed']]);
    for (const [name, text] of Object.entries(secrets))
      t.equal(readFileSync(join(third, name), 'utf8'), text);
    t.same((await onHosts(rig, work, { check: true })).statuses, ['ok', 'ok']);
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
    for (const text of [...Object.values(secrets), 'somebody else']) t.notMatch(told, text.trim());
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
    // By openssl, where there is one.
    const looks = await Promise.all(
      paths.map((path, index) => lookAt(ask, path, { isLarge: index % 2 > 0 })),
    );
    t.same(
      looks.map(({ found }) => found.sha256),
      paths.map((path) => sha256(readFileSync(path, 'utf8'))),
      `${name}: large files`,
    );
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
    const source = (await keyFiles({ dir, match: ['back?slash', '*blank'] }).read(ask)) as KeySource;
    t.same(
      source.files.map((file) => [file.name, file.sha256]),
      ['back\\slash', 'with blank'].map((file) => [file, sha256(join(dir, file))]),
      `${name}: key files`,
    );
  }
  await t.rejects(fileState('/x').read(askBy(['/bin/sh'], '/nonexistent')), { message: /stat/ });
});

/** What a shell makes of a script that gets this on its stdin. */
function runBy([program = '', ...words]: readonly string[], path: string, script: string, input = '') {
  const { status, stderr } = spawnSync(program, [...words, '-c', script], {
    env: { PATH: path },
    input,
    encoding: 'utf8',
  });
  return { status, stderr };
}

const putting = (path: string, owners: { owner?: string; group?: string } = {}, size = 3) =>
  putScript(
    { kind: 'put', path, content: { from: 'text', text: '' }, mode: '0640', ...owners },
    sha256('new'),
    size,
  );

t.test('a file is written and its attributes are set, by every shell', async (t) => {
  const bin = join(folder(t), 'bin');
  mkdirSync(bin);
  const applets = 'mktemp id stat chmod chown cat sha256sum mv rm rmdir ln'.split(' ');
  for (const applet of applets) symlinkSync(busybox, join(bin, applet));
  const own = process.env.PATH ?? '';
  const shells: [words: string[], path: string][] = [
    [['/bin/dash'], own],
    [['/bin/bash', '--norc'], own],
    [['/bin/bash', '--norc', '--posix'], own],
    [[busybox, 'sh'], bin],
  ];
  for (const [words, path] of shells.filter(([[program = '']]) => existsSync(program))) {
    await t.test(words.join(' '), async (t) => {
      const dir = folder(t);
      chmodSync(dir, 0o2755);
      const file = join(dir, "-it's here");
      const owners = isRoot ? { owner: '12345', group: '23456' } : {};

      t.match(runBy(words, path, putting(file, owners).text, 'new'), { status: 0, stderr: '' });
      t.equal(readFileSync(file, 'utf8'), 'new');
      t.equal(modeOf(file), '0640');
      if (isRoot) t.match(statSync(file), { uid: 12345, gid: 23456 });

      const { ino } = statSync(file);
      const set = attributesScript({
        kind: 'attributes',
        path: file,
        mode: '4711',
        ...owners,
        group: undefined,
      });
      t.match(runBy(words, path, set.text), { status: 0, stderr: '' });
      t.match(statSync(file), { ino, nlink: 1 }, 'the file itself, under one name');
      t.equal(modeOf(file), '4711');

      const whole = runBy(words, path, putting(file).text, 'new and more');
      t.match(whole, { status: 1, stderr: /did not arrive whole/ });
      const large = runBy(words, path, putting(file, {}, 2 ** 30).text, 'new and more');
      t.match(large, { status: 1, stderr: /did not arrive whole/ });
      t.equal(modeOf(file), '4711', 'what is there stays');
      t.match(runBy(words, path, putting(join(dir, 'large'), {}, 2 ** 30).text, 'new'), {
        status: 0,
        stderr: '',
      });
      rmSync(join(dir, 'large'));

      mkdirSync(join(dir, 'folder'));
      writeFileSync(join(dir, 'other'), 'old', { mode: 0o600 });
      symlinkSync(join(dir, 'other'), join(dir, 'link'));
      const put = (name: string) => runBy(words, path, putting(join(dir, name)).text, 'new');
      const chmod = (name: string) =>
        runBy(
          words,
          path,
          attributesScript({ kind: 'attributes', path: join(dir, name), mode: '0777' }).text,
        );
      t.match(put('folder'), { status: 1, stderr: /folder is a directory/ });
      t.match(chmod('link'), { status: 1, stderr: /link is no regular file/ });
      t.not(chmod('folder').status, 0);
      t.not(chmod('missing').status, 0);
      t.equal(put('link').status, 0, 'a link is replaced');
      t.equal(readFileSync(join(dir, 'other'), 'utf8'), 'old', 'and not followed');
      t.equal(modeOf(join(dir, 'other')), '0600');
      t.not(put('none/file').status, 0);
      t.same(readdirSync(dir).sort(), ["-it's here", 'folder', 'link', 'other'], 'nothing is left');
    });
  }
});

t.test('another folder in the place of the private one is noticed', async (t) => {
  const dir = folder(t);
  const victim = join(dir, 'victim');
  mkdirSync(victim, { mode: 0o700 });
  writeFileSync(join(victim, 'key'), 'victim', { mode: 0o600 });
  // A mktemp that has a link put into the place of what it made, as a folder's owner could.
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const swap = `#!/bin/sh\nd=$(PATH=$OLD mktemp "$@") && rmdir "$d" && ln -s '${victim}' "$d" && echo "$d"\n`;
  writeFileSync(join(bin, 'mktemp'), swap.replace('$OLD', "'/usr/bin:/bin'"), { mode: 0o755 });
  const path = `${bin}:${process.env.PATH ?? ''}`;
  const key = join(dir, 'key');
  for (const script of [putting(key), attributesScript({ kind: 'attributes', path: key, mode: '0644' })]) {
    t.match(runBy(['/bin/sh'], path, script.text, 'new'), {
      status: 1,
      stderr: /another folder in the place/,
    });
  }
  t.same(readdirSync(victim), ['key']);
  t.equal(readFileSync(join(victim, 'key'), 'utf8'), 'victim');
  t.equal(modeOf(join(victim, 'key')), '0600');
});

/** Puts links in the place of all that appears in a folder, as fast as it can, as the folder's owner. */
const attacker = `
const { readdirSync, renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [dir, victim] = process.argv.slice(1);
process.setgroups([]);
process.setgid(54321);
process.setuid(54321);
process.chdir(dir);
process.send('ready');
const attempt = (work) => { try { work(); return true; } catch { return false; } };
let swaps = 0;
process.on('message', () => process.send(swaps, () => process.exit()));
function round() {
  for (let i = 0; i < 200; i++) {
    for (const name of readdirSync('.')) {
      if (!name.startsWith('.dabook.') || name.endsWith('.away')) continue;
      // Not at once: sooner or later in the course of a script.
      if (Math.random() < 0.98) continue;
      if (attempt(() => renameSync(name, name + '.away'))) {
        if (attempt(() => symlinkSync(i % 2 ? victim : victim + '/key', name))) swaps++;
      }
    }
    if (i === 100) attempt(() => { unlinkSync('key'); symlinkSync(victim + '/key', 'key'); });
  }
  setImmediate(round);
}
round();`;

t.test("a folder's owner cannot turn root's writes on another file", asRoot, async (t) => {
  const dir = folder(t);
  chmodSync(dir, 0o755);
  const keys = join(dir, 'keys');
  const victim = join(dir, 'victim');
  mkdirSync(keys);
  chownSync(keys, 54321, 54321);
  mkdirSync(victim, { mode: 0o700 });
  writeFileSync(join(victim, 'key'), 'victim', { mode: 0o600 });
  const before = statSync(join(victim, 'key'));

  const child = spawn(...outsideTap(process.execPath, ['-e', attacker, keys, victim]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'message');
  const key = join(keys, 'key');
  const scripts = [
    putting(key, { owner: '54321', group: '54321' }),
    attributesScript({ kind: 'attributes', path: key, mode: '0644', owner: '54321' }),
  ];
  const until = Date.now() + 2000;
  for (let round = 0; Date.now() < until; round++) {
    runBy(['/bin/sh'], process.env.PATH ?? '', scripts[round % 2]?.text ?? '', 'new');
  }
  child.send('how many');
  const [swaps] = await once(child, 'message');
  t.ok(swaps > 0, `${swaps} folders were swapped`);
  t.same(readdirSync(victim), ['key']);
  t.equal(readFileSync(join(victim, 'key'), 'utf8'), 'victim');
  t.match(statSync(join(victim, 'key')), { uid: before.uid, gid: before.gid, mode: before.mode, nlink: 1 });
});

t.test('what a step does, as it is shown', async (t) => {
  const shown: [Step, string][] = [
    [attributes('/a', { mode: '0600', owner: '1003', group: '1003' }), "chown 1003:1003, chmod 0600 '/a'"],
    [attributes('/a b', { group: 'nexus' }), "chown :nexus '/a b'"],
    [attributes('/a', { mode: '0600' }), "chmod 0600 '/a'"],
    [
      setAttributes('/a', { mode: '4755', owner: 'x' }, { mode: '4755', owner: 'y' }),
      "chown y, chmod 4755 '/a'",
    ],
    [setAttributes('/a', { mode: '0755', owner: 'x' }, { mode: '0755', owner: 'y' }), "chown y '/a'"],
  ];
  for (const [step, text] of shown) t.equal(showStep(step), text);
});

function machineOf(exec: Machine['exec']): Machine {
  return {
    name: 'ha1',
    foreseen: new Map(),
    gathering: createGathering(),
    changes: { count: 0, underWay: 0, lockedAt: 0 },
    actsAsRoot: false,
    engineTakesRoot: undefined,
    roundTrips: 0,
    learn: () => {},
    exclusively: (work) => work(),
    exec,
    docker: () => Promise.reject(new Error('not asked here')),
    lock: async () => {},
    unlock: async () => {},
    engine: () => () => Promise.reject(new Error('not asked here')),
    stop: async () => {},
    close: async () => {},
  };
}

t.test('content on another host that cannot be had is the trouble of that host', async (t) => {
  const content = { from: 'host', host: 'ha1', become: true, path: '/keys/a', sha256: sha256('a') } as const;
  const readBy = (exec: () => Promise<ExecResult>) =>
    readContent(content, (name) => ({ ...machineOf(exec), name }));
  const answer =
    (status: number, stdout: string, stderr = '') =>
    async () => ({
      status,
      stdout: Buffer.from(stdout),
      stderr: Buffer.from(stderr),
      trip: 1,
    });
  t.equal((await readBy(answer(0, 'a'))).toString(), 'a');
  const lost = new DabookError('unreachable', 'the connection was lost', { hint: 'look at it' });
  await t.rejects(
    readBy(() => Promise.reject(lost)),
    {
      code: 'command',
      message: '/keys/a of ha1 cannot be read: the connection was lost',
      hint: 'look at it',
      cause: lost,
    },
  );
  await t.rejects(readBy(answer(1, '', 'cat: no such file')), {
    code: 'command',
    message: '/keys/a of ha1 cannot be read',
    command: { stderr: 'cat: no such file' },
  });
  await t.rejects(readBy(answer(0, 'b')), { code: 'command', message: /changed after it was looked at/ });
  const ended = new Error('interrupted');
  await t.rejects(
    readBy(() => Promise.reject(ended)),
    ended,
  );
});

t.test('what the Engine answers to a write', async (t) => {
  const performing = (step: Step, status: number, message: string) =>
    perform(
      step,
      {
        ...machineOf(async () => ({
          status,
          stdout: Buffer.alloc(0),
          stderr: Buffer.from(message),
          trip: 1,
        })),
        docker: async () => ({ status, body: Buffer.from(JSON.stringify({ message })), trip: 1 }),
      },
      { become: true },
      {
        machineOf: () => {
          throw new Error('no other host is asked');
        },
        signal: new AbortController().signal,
      },
    );
  const remove = docker('DELETE', '/nodes/x', { title: 'remove node x' });
  const update = docker('POST', '/nodes/x/update', { title: 'update node x' });
  await t.resolves(performing(remove, 404, 'node x not found'), 'somebody else removed it');
  await t.rejects(performing(remove, 409, 'in use'), { code: 'command' });
  await t.rejects(performing(update, 404, 'node x not found'), { code: 'command' });
  const raced = 'rpc error: update out of sequence';
  await t.rejects(performing(update, 500, raced), { code: 'conflict' });
  await t.rejects(
    performing(exec(sh`x`), 1, raced),
    { code: 'command' },
    'a command says itself what is one',
  );
  await t.rejects(performing(exec(sh`x`, { conflicts: /out of sequence/ }), 1, raced), { code: 'conflict' });
});
