import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import type { Task } from '../../lib/index.ts';
import {
  type BackupArgs,
  backup,
  listBackups,
  type RestoreArgs,
  restore,
} from '../../lib/tasks/backup/index.ts';
import { tarMembers } from '../../lib/tasks/backup/tar-members.ts';
import { createLocalTransport } from '../../lib/transport/local.ts';
import type { Session } from '../../lib/transport/session.ts';
import { onHosts } from './rig.ts';

const isRoot = process.getuid?.() === 0;
const uid = process.getuid?.() ?? 0;
const busybox = spawnSync('sh', ['-c', 'busybox --list'], { encoding: 'utf8' }).stdout?.split('\n') ?? [];
const secretText = 'the key itself, which no event may hold';

/** One test's folders: the host's files, the control machine's archives, the host's temporary files. */
interface Place {
  readonly root: string;
  readonly host: string;
  readonly control: string;
  readonly temporary: string;
  /** Programs that the host has beside, or in the place of, its own. */
  readonly programs: string;
  /** Does a task there. */
  on<S>(
    task: Task<S>,
    options?: { check?: boolean; name?: string; spy?: (session: Session) => Session },
  ): ReturnType<typeof onHosts<S>>;
}

function place(t: Test, path = `${process.env.PATH}`): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dabook backup ')));
  t.teardown(() => rmSync(root, { recursive: true }));
  const at = (name: string) => {
    mkdirSync(join(root, name));
    return join(root, name);
  };
  const [host, temporary, programs] = [at('host'), at('temporary'), at('programs')];
  const env = { PATH: `${programs}:${path}`, TMPDIR: temporary };
  const { connect } = createLocalTransport({ user: 'me', env });
  return {
    root,
    host,
    control: join(root, 'control'),
    temporary,
    programs,
    on: (task, { name = 'ha1', spy = (session: Session) => session, ...options } = {}) =>
      onHosts(
        {
          targets: [{ name, connection: 'local', address: 'localhost' }],
          become: false,
          connect: async (target) => spy(await connect(target)),
        },
        async ([here]) => (await here.run(task)).state,
        options,
      ),
  };
}

/** A folder in which every program is busybox's. */
function busyboxPath(t: Test): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'dabook-busybox-')));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const program = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  for (const name of busybox.filter(Boolean)) symlinkSync(program, join(dir, name));
  return dir;
}

const long = `${'deep-folder-name/'.repeat(9)}file with a long name ${'x'.repeat(120)}`;

/** An installation with everything that a backup meets. */
function furnish(host: string): void {
  const file = (path: string, text: string, mode = 0o644, owner = uid, group = owner) => {
    mkdirSync(join(host, path, '..'), { recursive: true });
    writeFileSync(join(host, path), text);
    chownSync(join(host, path), owner, group);
    chmodSync(join(host, path), mode);
    utimesSync(join(host, path), 1_000_000, 1_000_000);
  };
  const other = isRoot ? 1003 : uid;
  file('config/policy/LocalConfiguration.xml', '<core> <id>6</id> </core>\r\n', 0o640, other);
  file('config/policy/keys/internal.key', secretText, 0o600, other);
  file('config/policy/empty', '');
  file(`config/${long}`, 'far down\n');
  file('config/odd/-n', 'option?\n');
  file('config/odd/new\nline " \\ ü $(x) `y` \' *', 'odd\n');
  file('config/odd/[a]*', 'pattern\n');
  file('config/logs/big.log', 'noise\n');
  file('config/set-id', 'x', 0o4755);
  file('compose.yml', 'services: {}\n');
  mkdirSync(join(host, 'config/nothing in it'));
  symlinkSync('../nowhere at all', join(host, 'config/odd/a link'));
  symlinkSync('line\nbreak', join(host, 'config/odd/a\nlink'));
  linkSync(join(host, 'config/policy/empty'), join(host, 'config/policy/same as empty'));
  if (isRoot) chownSync(join(host, 'config/policy/keys'), other, other);
  chmodSync(join(host, 'config/policy/keys'), 0o2750);
  for (const dir of ['config/policy/keys', 'config/policy', 'config']) utimesSync(join(host, dir), 2e6, 2e6);
}

/** All that is below a folder, as `ls` would tell it and with contents. */
function snapshot(folder: string, times = true): Readonly<Record<string, unknown>> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    ['.', ...entries].map((name) => {
      const path = join(folder, name);
      const stat = lstatSync(path);
      const content = stat.isSymbolicLink()
        ? readlinkSync(path)
        : stat.isFile()
          ? readFileSync(path, 'utf8')
          : '';
      const time = times && !stat.isSymbolicLink() && name !== '.' ? Math.floor(stat.mtimeMs / 1000) : 0;
      return [name, [stat.mode.toString(8), stat.uid, stat.gid, content, time]];
    }),
  );
}

const archives = (dir: string) => (existsSync(dir) ? readdirSync(dir).sort() : []);

/** Puts a program of a script in the place of one of the host. */
function program(programs: string, name: string, script: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const hosts = [
  { title: 'the programs of this machine', path: () => `${process.env.PATH}`, skip: false },
  { title: 'busybox alone', path: busyboxPath, skip: busybox.length === 0 && 'there is no busybox here' },
];

for (const { title, path, skip } of hosts) {
  t.test(`a backup and its way back, with ${title}`, { skip }, async (t) => {
    const at = place(t, path(t));
    furnish(at.host);
    const config = join(at.host, 'config');
    const args: BackupArgs = {
      to: at.control,
      paths: [`${config}/`, join(at.host, 'compose.yml'), join(at.host, 'not there'), join(config, 'policy')],
      exclude: [join(config, 'logs'), join(config, 'odd/[a]*')],
      notes: { stack: 'da', labels: { 'da-policy': 'true' } },
    };
    const before = snapshot(at.host);

    const check = await at.on(backup(args), { check: true });
    t.same(check.statuses, ['would-change'], `${check.error}`);
    t.notOk(existsSync(at.control), 'check mode makes no archive');
    const made = await at.on(backup(args));
    t.same(made.error, undefined);
    t.same(made.planned, check.planned, 'check mode showed what was then done');
    t.same(made.statuses, ['changed']);
    t.same(snapshot(at.host), before, 'the host is as it was');
    t.same(readdirSync(at.temporary), [], 'nothing stays on the host');
    const archive = made.result?.archive?.path ?? '';
    t.same(archives(at.control), [archive.slice(at.control.length + 1)]);
    t.match(archive, /\/ha1-[0-9a-f]{12}\.tar\.gz$/);
    t.equal(lstatSync(archive).mode & 0o7777, 0o600);
    t.equal(lstatSync(at.control).mode & 0o7777, 0o700);
    t.same(made.result?.missing, [join(at.host, 'not there')]);

    utimesSync(join(config, 'policy/empty'), 3e6, 3e6);
    const again = await at.on(backup({ ...args, paths: [...args.paths].reverse() }));
    t.same(again.statuses, ['ok'], 'times and the order of the paths are no other state');
    utimesSync(join(config, 'policy/empty'), 1e6, 1e6);

    const [found, ...more] = await listBackups(at.control, 'ha1');
    t.same(more, []);
    t.match(found, {
      path: archive,
      host: 'ha1',
      digest: made.result?.digest,
      notes: { labels: { 'da-policy': 'true' }, stack: 'da' },
      missing: [join(at.host, 'not there')],
      damage: undefined,
    });
    const names = found?.damage === undefined ? (found?.files ?? []).map((file) => file.path) : [];
    t.ok(names.includes(join(config, long)));
    t.notOk(
      names.some((name) => name.includes('logs') || name.includes('[a]')),
      'what is excluded is not held',
    );
    t.ok(names.includes(join(config, 'odd/new\nline " \\ ü $(x) `y` \' *')));

    const nothing = await at.on(restore({ archive }));
    t.same(nothing.statuses, ['ok'], `${nothing.error}`);
    t.same(snapshot(at.host), before);

    // What happens to an installation: changed, lost, another mode, another owner, another link, something new.
    writeFileSync(join(config, 'policy/LocalConfiguration.xml'), 'broken');
    rmSync(join(config, 'policy/keys'), { recursive: true });
    rmSync(join(config, 'deep-folder-name'), { recursive: true });
    rmSync(join(config, 'nothing in it'), { recursive: true });
    chmodSync(join(config, 'set-id'), 0o600);
    chmodSync(join(config, 'odd'), 0o6755);
    if (isRoot) chownSync(join(at.host, 'compose.yml'), 77, 77);
    rmSync(join(config, 'odd/a link'));
    symlinkSync('elsewhere', join(config, 'odd/a link'));
    rmSync(join(config, 'odd/new\nline " \\ ü $(x) `y` \' *'));
    rmSync(join(config, 'policy/empty'));
    symlinkSync(join(at.host, 'compose.yml'), join(config, 'policy/empty'));
    chmodSync(join(config, 'policy'), 0o700);
    writeFileSync(join(config, 'policy/new'), 'left alone');
    writeFileSync(join(config, 'logs/big.log'), 'more noise');
    const spoiled = snapshot(at.host);

    const foreseen = await at.on(restore({ archive }), { check: true });
    t.same(foreseen.statuses, ['would-change'], `${foreseen.error}`);
    t.same(snapshot(at.host), spoiled, 'check mode writes nothing');
    const changed = new Map(
      foreseen.changes.map((change) => [change.path.replace(`files.${config}/`, ''), change]),
    );
    t.match(changed.get('policy/keys/internal.key'), { op: 'add', to: { type: 'file', mode: '0600' } });
    t.match(changed.get('set-id.mode'), { op: 'change', from: '0600', to: '4755' });
    t.match(changed.get('odd/a link.link'), { from: 'elsewhere', to: '../nowhere at all' });

    const back = await at.on(restore({ archive }));
    t.same(back.statuses, ['changed'], `${back.error?.message} ${back.error?.command?.stderr}`);
    t.same(readdirSync(at.temporary), []);
    t.match(back.result, { extra: [join(config, 'policy/new')], extras: 1 });
    t.equal(readFileSync(join(config, 'policy/new'), 'utf8'), 'left alone');
    t.equal(readFileSync(join(config, 'logs/big.log'), 'utf8'), 'more noise');
    rmSync(join(config, 'policy/new'));
    utimesSync(join(config, 'policy'), 2e6, 2e6);
    writeFileSync(join(config, 'logs/big.log'), 'noise\n');
    utimesSync(join(config, 'logs/big.log'), 1e6, 1e6);
    t.same(snapshot(at.host), before, 'modes, owners, times, links and contents are as they were');
    t.same((await at.on(restore({ archive }))).statuses, ['ok']);

    const all = JSON.stringify([made, again, foreseen, back].map(({ events }) => events));
    t.notOk(all.includes(secretText), 'no event holds what a file holds');
    t.ok(gunzipSync(readFileSync(archive)).includes(secretText), 'the archive does');
  });
}

t.test(
  'an archive of either kind of host is restored by the other',
  { skip: busybox.length === 0 },
  async (t) => {
    const own = `${process.env.PATH}`;
    const bare = busyboxPath(t);
    for (const [from, to] of [
      [own, bare],
      [bare, own],
    ] as const) {
      const source = place(t, from);
      furnish(source.host);
      const before = snapshot(source.host);
      const saved = await source.on(backup({ to: source.control, paths: [source.host] }));
      t.same(saved.statuses, ['changed'], `${saved.error}`);
      const target = place(t, to);
      for (const name of readdirSync(source.host)) rmSync(join(source.host, name), { recursive: true });
      const back = await target.on(restore({ archive: saved.result?.archive?.path ?? '' }));
      t.same(back.statuses, ['changed'], `${back.error?.message} ${back.error?.command?.stderr}`);
      t.same(snapshot(source.host), before);
    }
  },
);

t.test('each state has one archive', async (t) => {
  const at = place(t);
  const path = join(at.host, 'etc');
  mkdirSync(path);
  writeFileSync(join(path, 'a'), 'a');
  const args = { to: at.control, paths: [path], notes: { b: [1, { d: null, c: 'x' }], a: true } };
  const status = async (more: Partial<BackupArgs> = {}) =>
    (await at.on(backup({ ...args, ...more }))).statuses[0];
  t.equal(await status(), 'changed');
  t.equal(
    await status({ notes: { a: true, b: [1, { c: 'x', d: null }] } }),
    'ok',
    'the order of keys is none',
  );
  const changes: readonly (readonly [string, () => void])[] = [
    ['a mode', () => chmodSync(join(path, 'a'), 0o600)],
    ['a content', () => writeFileSync(join(path, 'a'), 'b')],
    ['a name', () => renameSync(join(path, 'a'), join(path, 'c'))],
    ['a folder', () => mkdirSync(join(path, 'new'))],
    ['a link', () => symlinkSync('c', join(path, 'link'))],
    ...(isRoot ? [['an owner', () => chownSync(join(path, 'c'), 9, 0)] as const] : []),
  ];
  for (const [index, [what, change]] of changes.entries()) {
    change();
    t.equal(await status(), 'changed', what);
    t.equal(await status(), 'ok');
    t.equal(archives(at.control).length, index + 2);
  }
  t.equal(await status({ notes: null }), 'changed', 'the notes');
  t.equal(await status({ name: 'before/the change' }), 'changed', 'another name');
  t.equal((await listBackups(at.control, 'before/the change')).length, 1);
  const listed = await listBackups(at.control, 'ha1');
  t.equal(listed.length, changes.length + 2);
  const times = listed.map(({ made }) => made.getTime());
  t.same(
    times,
    [...times].sort((a, b) => a - b),
    'oldest first',
  );
  t.same(await listBackups(at.control, 'ha'), [], 'the archives of another host are not among them');
  t.same(await listBackups(join(at.root, 'none'), 'ha1'), []);
  const other = await at.on(backup(args), { name: 'ha2' });
  t.match(other.result?.archive?.path, /\/ha2-/);
  t.same(readdirSync(at.temporary), []);
});

t.test('a damaged archive is told, refused by restore, and made anew by backup', async (t) => {
  const at = place(t);
  writeFileSync(join(at.host, 'a'), 'some content to be changed');
  const task = () => backup({ to: at.control, paths: [at.host] });
  const archive = (await at.on(task())).result?.archive?.path ?? '';
  const sound = readFileSync(archive);
  const tar = gunzipSync(sound);
  const changed = Buffer.from(tar.toString('latin1').replace('to be changed', 'that CHANGED.'), 'latin1');
  const damages: readonly (readonly [Buffer, RegExp])[] = [
    [sound.subarray(0, sound.length - 20), /unexpected end of file/],
    [gzipSync(changed), /it holds another .*\/a than it says/],
    [gzipSync(tar.subarray(0, 600)), /it is cut off/],
    [gzipSync(Buffer.concat([tar.subarray(1024)])), /no backup|damaged|cut off/],
    [gzipSync(Buffer.alloc(1024)), /it is empty/],
    [Buffer.from('something else'), /incorrect header/],
    [Buffer.alloc(0), /unexpected end of file|it is cut off/],
  ];
  for (const [bytes, why] of damages) {
    writeFileSync(archive, bytes);
    t.match(await listBackups(at.control, 'ha1'), [{ path: archive, damage: why }]);
    const unusable = (await at.on(restore({ archive }), { check: true })).error;
    t.match(unusable, { code: 'refused', message: /^the backup .* cannot be used: / });
    t.match(unusable?.message, why);
    const { statuses, changes } = await at.on(task());
    t.same(statuses, ['changed']);
    t.match(changes, [{ path: 'archive.damage', op: 'remove', from: why }]);
    t.match(await listBackups(at.control, 'ha1'), [{ damage: undefined }]);
  }
  chmodSync(archive, 0o644);
  t.match((await at.on(task())).changes, [{ path: 'archive.mode', from: '0644', to: '0600' }]);
  t.equal(lstatSync(archive).mode & 0o7777, 0o600);
  t.match((await at.on(restore({ archive: join(at.control, 'none.tar.gz') }))).error, {
    code: 'refused',
    message: /ENOENT/,
  });
});

t.test('a state that the host came back to is the youngest again', async (t) => {
  const at = place(t);
  const save = () => at.on(backup({ to: at.control, paths: [at.host] }));
  const become = (text: string) => writeFileSync(join(at.host, 'a'), text);
  const dated = (path: string, time: number) => utimesSync(path, time, time);
  become('A');
  const { path: first = '' } = (await save()).result?.archive ?? {};
  dated(first, 1000);
  become('B');
  const { path: second = '' } = (await save()).result?.archive ?? {};
  dated(second, 2000);
  t.same((await save()).statuses, ['ok'], 'the youngest one stays as it is');
  t.equal(lstatSync(second).mtimeMs, 2_000_000);

  become('A');
  const back = await save();
  t.same(back.statuses, ['changed'], `${back.error}`);
  t.same(back.changes, [{ path: 'archive.later', op: 'remove', from: second }]);
  t.same(
    (await listBackups(at.control, 'ha1')).map(({ path }) => path),
    [second, first],
    'one archive for each state, in the order in which they were last seen',
  );
  t.same((await save()).statuses, ['ok']);

  become('B');
  const ahead = Date.now() / 1000 + 1000;
  dated(first, ahead);
  t.match((await save()).error, {
    code: 'not-converged',
    message: new RegExp(`${first} has a later date than ${second}.* the clock of this machine was set back`),
  });
});

t.test('what a backup refuses', async (t) => {
  const at = place(t);
  const to = at.control;
  symlinkSync('/etc', join(at.host, 'link'));
  const refused = async (args: Partial<BackupArgs>) =>
    (await at.on(backup({ to, paths: [at.host], ...args }), { check: true })).error;
  t.match(await refused({ paths: [join(at.host, 'link')] }), {
    code: 'refused',
    message: /link is a symbolic link/,
  });
  t.match(await refused({ paths: ['/not/there'] }), {
    code: 'refused',
    message: /none of the paths is on ha1/,
  });
  t.equal(await refused({ paths: ['/not/there'], notes: { role: 'worker' } }), undefined, 'notes are enough');
  const noted = await at.on(backup({ to, paths: ['/not/there'], notes: { role: 'worker' } }));
  t.same(noted.statuses, ['changed']);
  t.match(await listBackups(to, 'ha1'), [{ files: [], notes: { role: 'worker' }, missing: ['/not/there'] }]);

  t.throws(() => backup({ to, paths: [] }), { code: 'playbook' });
  t.throws(() => backup({ to, paths: ['/'] }), { code: 'playbook', message: /root folder/ });
  t.throws(() => backup({ to, paths: ['etc'] }), { code: 'playbook', message: /absolute/ });
  t.throws(() => backup({ to, paths: ['/etc'], name: '' }), { code: 'playbook' });
  t.throws(() => backup({ to, paths: ['/etc'], exclude: ['/etc2/x'] }), {
    code: 'playbook',
    message: 'exclude names /etc2/x, which is below none of the paths',
  });

  execFileSync('mkfifo', [join(at.host, 'pipe')]);
  writeFileSync(join(at.host, Buffer.from([0x61, 0xff]).toString('latin1')), 'fine: this is UTF-8');
  t.same((await at.on(backup({ to, paths: [at.host] }))).statuses, ['changed'], 'a pipe is left out');
  execFileSync('sh', ['-c', 'cd "$1" && : >"$(printf "a\\377")"', 'sh', at.host]);
  t.match(await refused({}), { code: 'refused', message: /no UTF-8/ });
});

t.test('what cannot be listed is told', async (t) => {
  const at = place(t);
  writeFileSync(join(at.host, 'file'), 'x');
  const task = () => backup({ to: at.control, paths: [at.host] });
  program(at.programs, 'stat', 'echo "stat: ./x: Permission denied" >&2; exit 1');
  t.match((await at.on(task())).error, {
    code: 'command',
    message: /ha1: .* cannot be listed: stat: .\/x: Permission denied/,
    hint: /become: true/,
  });
  program(at.programs, 'stat', 'head -c 13000000 /dev/zero | tr "\\0" x');
  t.match((await at.on(task())).error, { code: 'refused', message: /too many files/, hint: /exclude/ });
  program(at.programs, 'sha256sum', 'exit 0');
  rmSync(join(at.programs, 'stat'));
  t.match((await at.on(task())).error, { code: 'refused', message: /file went away while it was looked at/ });
});

t.test('nothing is kept of a backup that went wrong', async (t) => {
  const tar = execFileSync('sh', ['-c', 'command -v tar'], { encoding: 'utf8' }).trim();
  const at = place(t);
  const file = join(at.host, 'file');
  writeFileSync(file, 'one');
  const task = () => backup({ to: at.control, paths: [at.host] });
  const acting = (script: string) =>
    program(at.programs, 'tar', `case $1 in -c*) ${script} ;; *) exec ${tar} "$@" ;; esac`);
  const leftNothing = () => {
    t.same(archives(at.control), []);
    t.same(readdirSync(at.temporary), []);
  };

  acting(`${tar} "$@"; echo two >'${file}'`);
  const changed = await at.on(task());
  t.match(changed.error, {
    code: 'command',
    command: { stderr: /these changed while they were saved:\n.*\/file\n/ },
  });
  leftNothing();

  writeFileSync(file, 'one');
  acting(`rm '${file}'; exec ${tar} "$@"`);
  const vanished = await at.on(task());
  t.match(vanished.error, { code: 'command', command: { stderr: /file: .*No such file/ } });
  leftNothing();

  writeFileSync(file, 'one');
  acting('kill -9 $$');
  t.match((await at.on(task())).error, { code: 'command', message: /nothing was written to/ });
  leftNothing();

  // The connection goes while the host is at work.
  const marker = join(at.root, 'at work');
  acting(`: >'${marker}'; exec sleep 60`);
  const cut = await at.on(task(), {
    spy: (session) => {
      const timer = setInterval(() => {
        if (!existsSync(marker)) return;
        clearInterval(timer);
        session.close();
      }, 20);
      return session;
    },
  });
  t.match(cut.error, { code: 'unreachable' });
  for (let i = 0; i < 500 && readdirSync(at.temporary).length > 0; i++) await sleep(20);
  leftNothing();

  rmSync(join(at.programs, 'tar'));
  t.same((await at.on(task())).statuses, ['changed'], 'and then it goes well');
});

t.test('restore', async (t) => {
  const saved = async (t: Test) => {
    const at = place(t);
    furnish(at.host);
    const { result } = await at.on(backup({ to: at.control, paths: [at.host] }));
    return { ...at, archive: result?.archive?.path ?? '' };
  };

  t.test('only some paths: folders above them are made, and left alone where they are there', async (t) => {
    const at = await saved(t);
    const keys = join(at.host, 'config/policy/keys');
    const before = snapshot(keys);
    rmSync(join(at.host, 'config'), { recursive: true });
    const task = () => restore({ archive: at.archive, paths: [`${keys}/`] });
    t.same((await at.on(task())).statuses, ['changed']);
    t.same(snapshot(keys), before);
    t.same(readdirSync(join(at.host, 'config')), ['policy']);
    chmodSync(join(at.host, 'config'), 0o711);
    t.same((await at.on(task())).statuses, ['ok']);
    const stray = restore({ archive: at.archive, paths: [join(at.host, 'configuration')] });
    t.match((await at.on(stray)).error, { code: 'refused', message: /has no .*configuration/ });
    t.throws(() => restore({ archive: at.archive, paths: ['config'] }), { code: 'playbook' });
  });

  t.test('the archive of another host only when it is meant', async (t) => {
    const at = await saved(t);
    const on = async (args: Partial<RestoreArgs>) =>
      (await at.on(restore({ archive: at.archive, ...args }), { name: 'ha2' })).error;
    t.match(await on({}), {
      code: 'refused',
      message: /is a backup of ha1, not of ha2/,
      hint: /from: "ha1"/,
    });
    t.equal(await on({ from: 'ha1' }), undefined);
  });

  t.test('a folder is never removed for a file, nor the other way round', async (t) => {
    const at = await saved(t);
    rmSync(join(at.host, 'compose.yml'));
    mkdirSync(join(at.host, 'compose.yml'));
    t.match((await at.on(restore({ archive: at.archive }))).error, {
      code: 'refused',
      message: /compose\.yml was a file and is a folder now/,
    });
    rmSync(join(at.host, 'compose.yml'), { recursive: true });
    rmSync(join(at.host, 'config'), { recursive: true });
    symlinkSync('/etc', join(at.host, 'config'));
    t.match((await at.on(restore({ archive: at.archive }))).error, {
      code: 'refused',
      message: /config was a folder and is a symbolic link now/,
    });
  });

  t.test('a link that somebody plants while it is at work is not followed', async (t) => {
    const at = await saved(t);
    const elsewhere = join(at.root, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'internal.key'), 'of somebody else');
    const keys = join(at.host, 'config/policy/keys');
    writeFileSync(join(keys, 'internal.key'), 'changed');
    const real = execFileSync('sh', ['-c', 'command -v gzip'], { encoding: 'utf8' }).trim();
    program(
      at.programs,
      'gzip',
      `mv '${keys}' '${keys}.away'; ln -s '${elsewhere}' '${keys}'; exec ${real} "$@"`,
    );
    const { error } = await at.on(restore({ archive: at.archive }));
    t.match(error, { code: 'command', command: { stderr: /a symbolic link is on the way to .*keys/ } });
    t.same(snapshot(elsewhere, false), {
      ...snapshot(elsewhere, false),
      'internal.key': ['100644', uid, uid, 'of somebody else', 0],
    });
    t.same(readdirSync(elsewhere), ['internal.key']);
    t.same(readdirSync(at.temporary), []);
  });

  t.test('an archive that does not unpack changes nothing', async (t) => {
    const at = await saved(t);
    writeFileSync(join(at.host, 'compose.yml'), 'changed');
    const spoiled = snapshot(at.host);
    program(at.programs, 'tar', 'echo no room >&2; exit 1');
    t.match((await at.on(restore({ archive: at.archive }))).error, {
      code: 'command',
      command: { stderr: /no room\nthe archive could not be unpacked: nothing was restored/ },
    });
    t.same(snapshot(at.host), spoiled);
    t.same(readdirSync(at.temporary), []);
  });

  t.test('what it cannot write is told, what was begun is tidied up, and the rest comes later', async (t) => {
    const at = await saved(t);
    const before = snapshot(at.host);
    rmSync(join(at.host, 'config/policy'), { recursive: true });
    const real = execFileSync('sh', ['-c', 'command -v mv'], { encoding: 'utf8' }).trim();
    program(
      at.programs,
      'mv',
      `case $* in *internal.key*) echo broken >&2; exit 1 ;; *) exec ${real} "$@" ;; esac`,
    );
    const { error } = await at.on(restore({ archive: at.archive }));
    t.match(error, { code: 'command', command: { stderr: /broken/ } });
    t.same(readdirSync(join(at.host, 'config/policy/keys')), [], 'no half of it, and no folder of the work');
    t.same(readdirSync(at.temporary), []);
    rmSync(join(at.programs, 'mv'));
    t.same((await at.on(restore({ archive: at.archive }))).statuses, ['changed']);
    t.same(snapshot(at.host), before);
  });
});

t.test('long names of POSIX archives are read', async (t) => {
  const at = place(t);
  furnish(at.host);
  for (const format of ['gnu', 'ustar', 'pax']) {
    const names = format === 'ustar' ? ['compose.yml'] : ['.'];
    const made = spawnSync('tar', [`--format=${format}`, '-cf', '-', ...names], {
      cwd: at.host,
      maxBuffer: 2 ** 26,
    });
    if (made.status !== 0) continue;
    for (const size of [1000, 2 ** 20]) {
      const found = new Map<string, string>();
      for await (const { name, content } of tarMembers(inPieces(made.stdout, size))) {
        let text = '';
        // Of most of them nothing is taken, of one only a part: the next is found all the same.
        if (name.endsWith('compose.yml')) for await (const piece of content) text += piece;
        if (name.endsWith('policy/keys/internal.key')) await content[Symbol.asyncIterator]().next();
        found.set(name, text);
      }
      t.equal(found.get(format === 'ustar' ? 'compose.yml' : './compose.yml'), 'services: {}\n');
      if (format !== 'ustar') t.ok(found.has(`./config/${long}`), format);
    }
  }
});

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

t.test('what is shown of a backup and a restore is short', async (t) => {
  const at = place(t);
  furnish(at.host);
  const titlesOf = ({ events }: Awaited<ReturnType<typeof at.on>>) =>
    events.flatMap((event) => (event.type === 'task.ended' ? event.title : []));
  const one = { to: at.control, paths: [at.host] };
  const two = { to: at.control, paths: [join(at.host, 'config'), join(at.host, 'compose.yml')] };
  const made = await at.on(backup(two));
  const archive = made.result?.archive?.path ?? '';
  t.same(titlesOf(made), [`back up 2 paths to ${at.control}`]);
  t.same(made.planned, [`archive 2 paths > '${archive}' (on the control machine)`]);
  t.same(titlesOf(await at.on(backup(one), { check: true })), [`back up ${at.host} to ${at.control}`]);
  t.same(titlesOf(await at.on(backup({ ...one, title: 'keep it' }), { check: true })), ['keep it']);

  writeFileSync(join(at.host, 'compose.yml'), 'changed');
  const back = await at.on(restore({ archive }), { check: true });
  t.same(titlesOf(back), [`restore ${archive}`]);
  t.same(back.planned, [`put back 1 file of ${archive}`]);
  const file = join(at.host, 'compose.yml');
  const only = await at.on(restore({ archive, paths: [file] }), { check: true });
  t.same(titlesOf(only), [`restore ${file} from ${archive}`]);
});

for (const { title, path, skip } of hosts) {
  t.test(`a backup that is too big says what is, with ${title}`, { skip }, async (t) => {
    const at = place(t, path(t));
    furnish(at.host);
    const big = join(at.host, 'config/policy/old dumps');
    mkdirSync(big);
    for (const name of ['a', 'b']) writeFileSync(join(big, name), randomBytes(2 ** 20));
    mkdirSync(join(at.host, 'left out'));
    writeFileSync(join(at.host, 'left out', 'c'), randomBytes(2 ** 22));
    const task = () => backup({ to: at.control, paths: [at.host], exclude: [join(at.host, 'left out')] });
    const bounded = (session: Session): Session => ({
      ...session,
      exec: (command, options) =>
        session.exec(command.replace('head -c 536870913', 'head -c 65537'), options),
    });
    const { error } = await at.on(task(), { spy: bounded });
    t.match(error, { code: 'command', message: /nothing was written to/ });
    const [, said = ''] =
      /before it is packed:\n((?:\d+ MiB .*\n)+)/.exec(error?.command?.stderr ?? '') ?? [];
    t.equal(said.split('\n')[0], `2 MiB ${big}`);
    t.notMatch(said, 'left out');
    t.same(archives(at.control), []);
    t.same(readdirSync(at.temporary), []);
    t.same((await at.on(task())).statuses, ['changed'], 'without that bound it is fine');
  });
}
