import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { createConnections } from '../../lib/connections.ts';
import { fact } from '../../lib/fact.ts';
import { createMachine } from '../../lib/machine.ts';
import { performFetch } from '../../lib/perform-fetch.ts';
import { type Command, sh } from '../../lib/sh.ts';
import { showStep } from '../../lib/show-step.ts';
import { exec, fetch, type Step } from '../../lib/step.ts';
import { task } from '../../lib/task.ts';
import { outsideTap } from '../outside-tap.ts';
import { folderOf, rig } from '../tasks/here.ts';
import { onHosts, type Rig } from '../tasks/rig.ts';

const folder = (t: Test) => folderOf(t, 'dabook fetch ');

/** Does some steps, whatever is there. */
const does = task('does', {
  title: () => 'does steps',
  fact: () => fact({ key: ['nothing'], read: async () => 'nothing' }),
  want: (now, _steps: readonly Step[]) => now,
  steps: (_now, _want, steps) => steps,
  opaque: () => true,
});

/** An opaque task is performed only where its state differs; this one always does. */
const doing = (...steps: Step[]) => ({ ...does(steps), want: () => 'something' });

const fetched = (command: Step, options: { check?: boolean } = {}) =>
  onHosts(
    rig,
    async ([here]) => {
      await here.run(doing(command));
      return (await here.run(doing(exec(sh`true`)))).changed;
    },
    options,
  );

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

t.test('the output, to the byte, in a file for the user alone', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'new', "it's here", 'out');
  const step = fetch(sh`printf 'a\\000b\\n\\n'; echo told >&2 # no newline follows`, path);

  const check = await fetched(step, { check: true });
  t.same(check.error, undefined);
  t.same(readdirSync(dir), [], 'check mode makes not even the folder');
  t.match(check.planned[0], /# no newline follows > '.*out' \(on the control machine\)/);

  const { error } = await fetched(step);
  t.same(error, undefined);
  t.same(readFileSync(path), Buffer.from('a\0b\n\n'));
  t.same(
    [path, join(dir, 'new'), join(dir, 'new', "it's here")].map(modeOf),
    ['600', '700', '700'],
    'file and folders',
  );
  t.same(readdirSync(join(dir, 'new', "it's here")), ['out'], 'nothing is beside it');
});

t.test('a file that is there is replaced, a link is not followed, a folder keeps its mode', async (t) => {
  const dir = folder(t);
  const kept = join(dir, 'kept');
  chmodSync(dir, 0o755);
  writeFileSync(kept, 'mine');
  writeFileSync(join(dir, 'old'), 'old', { mode: 0o644 });
  symlinkSync(kept, join(dir, 'link'));
  for (const name of ['old', 'link']) {
    t.same((await fetched(fetch(sh`echo new`, join(dir, name)))).error, undefined);
    t.equal(readFileSync(join(dir, name), 'utf8'), 'new\n');
    t.equal(modeOf(join(dir, name)), '600');
  }
  t.equal(readFileSync(kept, 'utf8'), 'mine');
  t.equal(modeOf(dir), '755');
});

t.test('a pipe or a device that is there is not replaced, nor is a link to one', async (t) => {
  const dir = folder(t);
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync(pipe, join(dir, 'link'));
  symlinkSync('/dev/stdout', join(dir, 'stdout'));
  for (const name of ['pipe', 'link', 'stdout']) {
    const { error } = await fetched(fetch(sh`echo new`, join(dir, name)));
    t.match(error, { code: 'command', message: /is no regular file/ }, name);
  }
  t.ok(statSync(pipe).isFIFO());
  t.same(readdirSync(dir).sort(), ['link', 'pipe', 'stdout']);
});

t.test('a command that fails leaves what was there', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out');
  writeFileSync(path, 'old');
  const failing = await fetched(fetch(sh`echo half; echo why >&2; exit 7`, path));
  t.match(failing.error, {
    code: 'command',
    message: `a command ended with status 7: nothing was written to ${path}`,
    command: { status: 7, stderr: 'why\n' },
  });
  const broken = await fetched(fetch(sh`echo half; if`, path));
  t.match(broken.error, { code: 'command' }, 'a fault of syntax too');
  t.equal(readFileSync(path, 'utf8'), 'old');
  t.same(readdirSync(dir), ['out']);
});

t.test('a connection that is lost in the middle leaves nothing', async (t) => {
  const dir = folder(t);
  const { error } = await fetched(fetch(sh`echo half; kill -9 $$`, join(dir, 'new', 'out')));
  t.match(error, { code: 'lost' });
  t.same(readdirSync(dir), []);
});

t.test('too much output is refused, and the host stays usable', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out');
  const most = 2 ** 20;
  const machineBy = (connect: Rig['connect']) => {
    const machine = createMachine({
      target: { name: 'here', connection: 'local', address: 'localhost' },
      connections: createConnections(connect, 1),
      emit: () => {},
      learn: () => {},
      nextCommand: () => 0,
      now: () => 0,
      signal: new AbortController().signal,
    });
    t.teardown(() => machine.close());
    return (command: Command) => performFetch(fetch(command, path), machine, { become: false }, most);
  };

  const fetching = machineBy(rig.connect);
  await fetching(sh`head -c ${most} /dev/zero`);
  t.equal(statSync(path).size, most, 'to the byte');
  rmSync(path);
  const over = {
    code: 'command',
    message: `a command printed more than 1 MiB: nothing was written to ${path}`,
    hint: /exclude/,
  };
  await t.rejects(fetching(sh`head -c ${most + 1} /dev/zero`), over);
  await t.rejects(fetching(sh`echo why >&2; cat /dev/zero; echo cut off >&2; exit 3`), {
    ...over,
    command: { stderr: 'why\ncut off\n', status: 3 },
  });

  const cut = machineBy(async (target) => {
    const session = await rig.connect(target);
    return { ...session, exec: (command, options) => session.exec(command, { ...options, maxOutput: 1000 }) };
  });
  await t.rejects(cut(sh`cat /dev/zero`), {
    code: 'command',
    message: `a command wrote more than 1000 bytes and was cut off: nothing was written to ${path}`,
    hint: /exclude/,
  });
  t.same(readdirSync(dir), []);
  await cut(sh`echo still here`);
  t.equal(readFileSync(path, 'utf8'), 'still here\n');
});

t.test('much more than the output of other commands', async (t) => {
  const path = join(folder(t), 'out');
  const size = 40 * 2 ** 20;
  const { error } = await onHosts(rig, ([here]) =>
    here.run(doing(fetch(sh`head -c ${size} /dev/zero`, path))),
  );
  t.same(error, undefined);
  t.equal(statSync(path).size, size);
});

t.test('steps are shown by their titles', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out');
  t.equal(
    showStep(fetch(sh`tar -cf - /etc`, '/backups/a b.tar', { title: 'archive 3 paths' })),
    "archive 3 paths > '/backups/a b.tar' (on the control machine)",
  );
  t.equal(showStep(exec(sh`long`, { title: 'put back 3 files', stdin: 'x' })), 'put back 3 files');
  const failing = await fetched(fetch(sh`echo why >&2; exit 7`, path, { title: 'a long command' }));
  const shown = `a long command > '${path}' (on the control machine)`;
  t.same(failing.planned, [shown]);
  t.match(failing.error, { command: { shown, status: 7, stderr: 'why\n' } });
});

t.test('what a writer left that was killed is removed, and nothing else', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'out');
  const drafts = () => readdirSync(dir).filter((name) => name.startsWith('.'));
  const contents = `import { writeControlFile } from './write-control-file.ts';
    for (;;) await writeControlFile(${JSON.stringify(path)}, Buffer.alloc(30e6));`;
  const stdin = { contents, resolveDir: fileURLToPath(new URL('../../lib', import.meta.url)) };
  // As it is shipped: it starts at once, and not with a compiler.
  const { outputFiles } = await build({ stdin, bundle: true, platform: 'node', format: 'esm', write: false });
  const words = ['--input-type=module', '--eval', outputFiles[0]?.text ?? ''];
  for (let tries = 0; drafts().length === 0 && tries < 10; tries++) {
    const child = spawn(...outsideTap(process.execPath, words), { stdio: 'ignore' });
    const killed = once(child, 'exit');
    while (drafts().length === 0 && child.exitCode === null) await new Promise((done) => setTimeout(done, 1));
    child.kill('SIGKILL');
    t.same(await killed, [null, 'SIGKILL']);
  }
  const [left = ''] = drafts();
  const [, start = '', random = ''] = /^(\.dabook-[0-9a-f]+-)\d+(-[0-9a-f]+)$/.exec(left) ?? [];
  t.equal(statSync(join(dir, left)).mode & 0o777, 0o600, left);

  const others = [
    `${start}${process.pid}${random}`,
    left.replace(start, '.dabook-000000000000-'),
    `${left}.mine`,
    '.dabook',
  ];
  for (const name of others) writeFileSync(join(dir, name), '');
  t.same((await fetched(fetch(sh`echo new`, path))).error, undefined);
  t.equal(readFileSync(path, 'utf8'), 'new\n');
  t.same(drafts().sort(), others.sort(), 'of those who run, of other machines and of anybody else');
});

t.test('a file that cannot be written is told', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'file'), '');
  mkdirSync(join(dir, 'folder'));
  const below = await fetched(fetch(sh`echo x`, join(dir, 'file', 'out')));
  t.match(below.error, { code: 'command', message: /file\/out of the control machine cannot be written/ });
  const onto = await fetched(fetch(sh`echo x`, join(dir, 'folder')));
  t.match(onto.error, { code: 'command', message: /folder of the control machine cannot be written/ });
  t.same(readdirSync(dir).sort(), ['file', 'folder'], 'nothing is left of the attempt');
  t.notOk(existsSync(join(dir, 'folder', 'out')));
});
