import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { secret, sh } from '../../lib/index.ts';
import { posixQuote } from '../../lib/posix-quote.ts';
import { sha256Of } from '../../lib/sha256.ts';
import { type CommandArgs, command } from '../../lib/tasks/command/command.ts';
import { copyFile } from '../../lib/tasks/files/copy-file.ts';
import type { Session } from '../../lib/transport/session.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { only } from '../engine/settings.ts';
import { folderOf, rig } from './here.ts';
import { onHosts, type Rig } from './rig.ts';

const on = (args: CommandArgs, options: { check?: boolean } = {}) =>
  onHosts(rig, async ([here]) => (await here.run(command(args))).state, options);

const folder = (t: Test) => folderOf(t, 'dabook command ');

t.test('creates: runs once, and not in check mode', async (t) => {
  const dir = folder(t);
  const log = join(dir, 'log');
  const args = {
    run: sh`echo ran >>${log}; : >${join(dir, 'made')} # and no more`,
    creates: join(dir, 'made'),
  };
  t.same((await on(args, { check: true })).statuses, ['would-change']);
  t.notOk(existsSync(log));
  const { statuses, changes, result } = await on(args);
  t.same(statuses, ['changed']);
  t.same(changes, [{ path: 'done', op: 'change', from: false, to: true }]);
  t.same(result, { done: true });
  t.same((await on(args)).statuses, ['ok']);
  t.equal(readFileSync(log, 'utf8'), 'ran\n');
});

t.test('unless and onlyIf, in a folder, with conditions that are never met by mistake', async (t) => {
  const dir = folder(t);
  mkdirSync(join(dir, "it's here"));
  const cwd = join(dir, "it's here");
  const unless = { run: sh`echo a >file`, unless: sh`grep -q a file`, cwd };
  t.same((await on(unless)).statuses, ['changed']);
  t.equal(readFileSync(join(cwd, 'file'), 'utf8'), 'a\n');
  t.same((await on(unless)).performed, []);

  const onlyIf = { run: sh`rm file`, onlyIf: sh`[ -e file ]`, cwd };
  t.same((await on(onlyIf)).statuses, ['changed']);
  t.same((await on(onlyIf)).statuses, ['ok']);

  const both = { run: sh`: >made`, onlyIf: sh`[ -d ${dir} ]`, creates: 'made', cwd };
  t.same((await on(both)).statuses, ['changed'], 'onlyIf says whom it concerns, creates whether it is done');
  t.same((await on(both)).statuses, ['ok']);
  t.same((await on({ ...both, onlyIf: sh`false`, creates: 'other' })).statuses, ['ok']);

  for (const [condition, status] of [
    [sh`no-such-program`, 127],
    [sh`${dir}`, 126],
    [sh`sh -c ${'kill -9 $$'}`, 137],
  ] as const) {
    const { error, performed } = await on({ run: sh`: >never`, unless: condition, cwd });
    t.match(error, { code: 'command', command: { status } }, `${condition} is no answer`);
    t.same(performed, []);
  }
  const { error } = await on({ run: sh`:`, unless: sh`false`, cwd: join(dir, 'none') });
  t.match(error, { code: 'command', command: { stderr: /none/ } }, 'nor is a folder that is missing');
});

t.test('a command that does not bring its condition about fails', async (t) => {
  const cases: [Partial<CommandArgs>, RegExp][] = [
    [{ creates: '/no/such/file' }, /it ran, but \/no\/such\/file does not exist/],
    [{ unless: sh`false` }, /it ran, but its condition still fails: false/],
    [{ onlyIf: sh`true` }, /it ran, but its condition still holds: true/],
  ];
  for (const [condition, message] of cases) {
    const { error, performed } = await on({ run: sh`:`, ...condition });
    t.match(error, { code: 'not-converged', message });
    t.equal(performed.length, 1, 'it is not run again and again');
  }
  const { error } = await on({ run: sh`echo why >&2; exit 3`, creates: '/no/such/file' });
  t.match(error, { code: 'command', command: { status: 3, stderr: /why/ } });
});

t.test('without a condition: opaque, always run, foreseen each time', async (t) => {
  const log = join(folder(t), 'log');
  const task = () => command({ run: sh`cat >>${log}`, stdin: 'line\n' });
  for (const check of [true, false]) {
    const { statuses, events } = await onHosts(rig, ([here]) => here.run([task(), task()]), { check });
    t.same(statuses, check ? ['would-change', 'would-change'] : ['changed', 'changed']);
    t.same(
      only(events, 'task.planned').map(({ opaque }) => opaque),
      [true, true],
    );
    if (check) t.notOk(existsSync(log));
  }
  t.equal(readFileSync(log, 'utf8'), 'line\nline\n');
});

t.test('a secret on stdin is written and never told', async (t) => {
  const file = join(folder(t), 'file');
  const text = canary('licence');
  mayHold(text, /\/file$/);
  const stdin = secret('licence', text);
  const told = await on({ run: sh`cat >${file}; cat ${file}; cat ${file} >&2; exit 1`, stdin });
  t.equal(readFileSync(file, 'utf8'), text);
  t.match(told.planned, [/< <licence>$/]);
  t.match(told.error, { code: 'command' });
  t.notMatch(JSON.stringify(told.events), text);
});

t.test('check mode: a file that an earlier task foresees is there', async (t) => {
  const dest = join(folder(t), 'made');
  const list = [copyFile({ content: 'x', dest }), command({ run: sh`false`, creates: dest })];
  t.same((await onHosts(rig, ([here]) => here.run(list), { check: true })).statuses, ['would-change', 'ok']);
  writeFileSync(dest, 'x');
  t.same((await onHosts(rig, ([here]) => here.run(list))).statuses, ['ok', 'ok']);
});

t.test('detached: it outlives its connection, and a later run waits for it', async (t) => {
  const word = `${canary('word')}\n`;
  mayHold(word, /\/log$/);
  const dir = folder(t);
  const log = join(dir, 'log');
  const run = sh`cat >>log; until [ -e go ]; do sleep 0.1; done; : >made`;
  const args: CommandArgs = {
    run,
    creates: 'made',
    cwd: dir,
    stdin: secret('word', word),
    detached: true,
  };
  const own = join('/var/tmp', `.dabook.${process.getuid?.()}`);
  const claim = join(own, `${sha256Of(`cd -- ${posixQuote(dir)} || exit 1\n${run.text}`)}.claim`);
  const isFound = () => {
    const status = join(own, readFileSync(claim, 'utf8').split(' ')[0] ?? '', 'status');
    const found = `find /proc/[0-9]*/fd/6 -lname '${status}' 2>/dev/null`;
    return execFileSync('sh', ['-c', `${found} || :`]).length > 0;
  };
  const begun = async (times: number) => {
    while (!existsSync(log) || readFileSync(log, 'utf8') !== word.repeat(times))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const sessions: Session[] = [];
  const lossy: Rig = {
    ...rig,
    connect: async (target) => {
      const session = await rig.connect(target);
      sessions.push(session);
      return session;
    },
  };
  const first = onHosts(lossy, ([here]) => here.run(command(args)));
  await begun(1);
  for (const session of sessions) await session.close();
  t.match((await first).error, { code: 'unreachable' });
  t.ok(existsSync(claim));
  const second = on(args);
  while (!isFound()) await new Promise((resolve) => setTimeout(resolve, 20));
  writeFileSync(join(dir, 'go'), '');
  const { statuses, events } = await second;
  t.same(statuses, ['changed']);
  t.equal(readFileSync(log, 'utf8'), word, 'it was begun once');
  t.notOk(existsSync(claim), 'nothing stays behind');
  t.notMatch(JSON.stringify(events), word.trim());
  t.same((await on(args)).statuses, ['ok']);

  const { error } = await on({ ...args, run: sh`echo why >&2; exit 3`, creates: 'other' });
  t.match(error, { code: 'command', command: { status: 3, stderr: 'why\n' } });
});
