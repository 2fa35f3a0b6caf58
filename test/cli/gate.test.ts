import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { again } from '../../lib/cli/again.ts';
import { dabook } from '../e2e/dabook.ts';
import { type Key, onTerminal, terminals } from './on-terminal.ts';

const bin = fileURLToPath(new URL('../../bin/dabook.cjs', import.meta.url));

const playbook = `import { playbook } from 'dabook';
import { copyFile, gate } from 'dabook/tasks';
import { z } from 'zod';
const answers = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]).nullable()).default({});
const one = { name: 'Gate', groups: { all: z.looseObject({ keep: z.string() }) }, vars: z.object({ answers, behind: z.string().optional() }) };
export default playbook(one, async ({ groups: { all: [host] }, play, vars, warn }) => {
  const { state } = await play('Admin page', host, (each) => each.run(gate({
    title: 'Admin',
    checklist: [{ title: 'Register', lines: ['add both'] }],
    questions: [
      { name: 'policy1', text: 'id of policy1', kind: 'integer' },
      { name: 'policy2', text: 'id of policy2', kind: 'integer' },
      { name: 'done', text: 'all is published', kind: 'confirm' },
    ],
    variable: 'answers',
    given: vars.answers,
    accept: (ids) => (ids.policy1 !== undefined && ids.policy1 === ids.policy2 ? 'given twice: ' + ids.policy1 : undefined),
    keep: { path: host.vars.keep },
  })));
  const dest = vars.behind;
  if (dest !== undefined) await play('Behind', host, (each) => each.run(copyFile({ content: 'behind the gate', dest })));
  warn('goes on with ' + JSON.stringify(state.answers));
});
`;

/** A folder with a playbook that has a gate, and what it runs in it. */
async function site(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-gate-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const kept = join(folder, 'kept.yml');
  await writeFile(join(folder, 'gate.ts'), playbook);
  await writeFile(
    join(folder, 'hosts.yml'),
    `all: { hosts: { here: { ansible_connection: local, keep: ${kept} } } }\n`,
  );
  const env = { HOME: folder, XDG_CACHE_HOME: '', TERM: 'xterm', NO_COLOR: '1' };
  const args = (more: readonly string[], command = 'run') => [
    command,
    'gate.ts',
    '-i',
    'hosts.yml',
    '--no-type-check',
    ...(command === 'run' ? ['--no-lock'] : []),
    ...more,
  ];
  return {
    kept,
    file: join(folder, 'answers.yml'),
    run: (...more: readonly string[]) => dabook(args(more), { cwd: folder, env }),
    does: (command: string, ...more: readonly string[]) => dabook(args(more, command), { cwd: folder, env }),
    applied: (plan: string) => dabook(['apply', plan, '--no-type-check', '--no-lock'], { cwd: folder, env }),
    folder,
    env,
    typed: (keys: readonly Key[], ...more: readonly string[]) =>
      onTerminal(t, [process.execPath, bin, ...args(more)], { cwd: folder, env }, keys),
  };
}

t.test('without a terminal: exit status 3, a file to fill in, and on with it', async (t) => {
  const { kept, file, run } = await site(t);
  const checked = await run('--check');
  t.equal(checked.status, 0);
  t.match(checked.stdout, /here {2}waiting +Admin /);
  t.match(checked.stdout, /To be answered[^\n]*\n {2}- policy1: id of policy1\n/);
  t.match(checked.stdout, 'goes on with {"policy1":"(known after apply)"');
  t.notOk(existsSync(file), 'check mode writes nothing at all');

  const first = await run();
  t.equal(first.status, 3);
  t.match(
    first.stdout,
    /\nFill in answers\.yml, then:\n {2}dabook run gate\.ts -i hosts\.yml --no-type-check --no-lock -e @answers\.yml\n$/,
  );
  const text = readFileSync(file, 'utf8');
  t.same(parse(text), { answers: { policy1: null, policy2: null, done: null } });
  t.match(text, /^# Register\n# {3}1\. add both\n/m);
  t.equal((await stat(file)).mode & 0o777, 0o600);

  const filled = text.replace('\n  policy1:', '\n  policy1: 6');
  await writeFile(file, filled);
  const second = await run('-e', '@answers.yml');
  t.equal(second.status, 3, 'what is left empty is not answered');
  t.match(second.stdout, /1: id of policy1: 6\n/);
  t.match(
    second.stdout,
    /answers\.yml was there already [\s\S]*lacks[\s\S]*\n {4}policy2:\n[\s\S]*\n {4}done:\n/,
  );
  t.notMatch(second.stdout, /\n {4}policy1:/);
  t.equal(readFileSync(file, 'utf8'), filled, 'it is never overwritten');
  t.notOk(existsSync(kept));

  await writeFile(file, 'answers: { policy1: 6, policy2: 7, done: true }\n');
  const third = await run('-e', '@answers.yml');
  t.equal(third.status, 0);
  t.match(third.stdout, 'goes on with {"policy1":6,"policy2":7,"done":true}');
  t.same(parse(readFileSync(kept, 'utf8')), { policy1: 6, policy2: 7, done: true });
  const fourth = await run();
  t.match([fourth.status, fourth.stdout], [0, / 1 ok, 0 changed/]);

  const twice = await run('-e', '{"answers": {"policy2": 6}}', '--json');
  t.equal(twice.status, 3);
  t.match(twice.events.at(-1), { type: 'run.ended', outcome: 'waiting' });
  t.match(twice.stderr, /^\nanswers\.yml was there already [\s\S]*otherwise:[\s\S]* {4}policy2: 6\n/);
  const refused = await run('-e', '{"answers": {"policy1": "x"}}');
  t.equal(refused.status, 1);
  t.match(refused.stdout, 'answers.policy1 is x: a whole number is wanted');
});

t.test('foreseen by a check, a plan and drift, with what is behind it', async (t) => {
  const { kept, file, folder, run, does, applied } = await site(t);
  const behind = join(folder, 'behind.txt');
  const given = ['-e', `behind=${behind}`];
  const drift = await does('drift', '--report', '-', ...given);
  t.equal(drift.status, 3);
  t.match(JSON.parse(drift.stdout), {
    outcome: 'waiting',
    hosts: { here: { waiting: 1, changed: 1 } },
    findings: [
      { task: 'gate', status: 'waiting' },
      { task: 'copyFile', status: 'would-change' },
    ],
  });
  t.equal((await run('--check', '--detailed-exitcode')).status, 3);

  const planned = await does('plan', '-o', 'gate.plan', ...given);
  t.equal(planned.status, 0);
  t.match(planned.stdout, /Admin\nRegister\n {2}1\. add both\n/, 'what is to be done');
  t.match(planned.stdout, /^ {2}! Admin\n {6}to be done by hand/m);
  t.match(planned.stdout, /^ {2}\+ copy to .*behind\.txt$/m);
  t.match(planned.stdout, '1 to be done by hand');
  t.notOk(existsSync(file), 'nothing is left to be filled in');

  const first = await applied('gate.plan');
  t.equal(first.status, 3, first.stdout + first.stderr);
  t.match(first.stdout, /\nFill in answers\.yml, then:\n/);
  t.notOk(existsSync(behind));
  await writeFile(file, 'answers: { policy1: 6, policy2: 7, done: true }\n');
  t.equal((await run(...given, '-e', '@answers.yml')).status, 0);
  t.ok(existsSync(kept) && existsSync(behind));
  t.equal((await does('drift', ...given)).status, 0);
});

t.test('on a terminal: an apply of a plan asks, and goes on', terminals, async (t) => {
  const { kept, folder, does, env } = await site(t);
  const behind = join(folder, 'behind.txt');
  t.equal((await does('plan', '-o', 'gate.plan', '-e', `behind=${behind}`)).status, 0);
  const command = [process.execPath, bin, 'apply', 'gate.plan', '--no-type-check', '--no-lock'] as const;
  const { status, screen } = await onTerminal(t, [...command], { cwd: folder, env }, [
    ['id of policy1: ', '6\r'],
    ['id of policy2: ', '7\r'],
    ['(y/N) ', 'y\r'],
  ]);
  t.equal(status, 0, screen);
  t.ok(existsSync(kept) && existsSync(behind));
});

t.test('on a terminal: asked, and on', terminals, async (t) => {
  const { kept, file, typed } = await site(t);
  const { status, screen } = await typed([
    ['id of policy1: ', 'six\r'],
    ['a whole number is wanted', '9\u007f6\r'],
    ['id of policy2: ', '6\r'],
    ['(y/N) ', 'y\r'],
    // Pasted at once.
    ['given twice: 6', '6\r7\rYES\r'],
  ]);
  t.equal(status, 0, screen);
  t.match(screen, /Admin\nRegister\n {2}1\. add both\n/);
  t.match(screen, 'goes on with {"policy1":6,"policy2":7,"done":true}');
  t.same(parse(readFileSync(kept, 'utf8')), { policy1: 6, policy2: 7, done: true });
  t.notOk(existsSync(file));
  t.equal((await typed([])).status, 0, 'nothing is asked again');
});

t.test('on a terminal: what is typed is not lost', terminals, async (t) => {
  const ends: readonly (readonly [what: string, keys: readonly Key[], status: number])[] = [
    [
      'a no',
      [
        ['policy1: ', '6\r'],
        ['policy2: ', '7\r'],
        ['(y/N) ', '\r'],
      ],
      3,
    ],
    [
      'an end',
      [
        ['policy1: ', '6\r'],
        ['policy2: ', '7\r'],
        ['(y/N) ', '\u0004'],
      ],
      3,
    ],
    [
      'an interrupt',
      [
        ['policy1: ', '6\r'],
        ['policy2: ', '7\r'],
        ['(y/N) ', '\u0003'],
      ],
      130,
    ],
  ];
  for (const [what, keys, status] of ends) {
    const { kept, file, typed } = await site(t);
    const ended = await typed(keys);
    t.equal(ended.status, status, what);
    t.match(ended.screen, /\nFill in answers\.yml, then:\n/);
    t.same(parse(readFileSync(file, 'utf8')), { answers: { policy1: 6, policy2: 7, done: null } });
    t.notOk(existsSync(kept));
  }
  const { file, typed } = await site(t);
  t.equal((await typed([['policy1: ', '\u0003']])).status, 130);
  t.notOk(existsSync(file), 'nothing was typed');
});

t.test('nobody is asked where it could not be seen', terminals, async (t) => {
  const { typed } = await site(t);
  t.equal((await typed([], '--json')).status, 3);
});

t.test('the command line that goes on', async (t) => {
  const cases: readonly (readonly [words: readonly string[], shown: string])[] = [
    [['-l', 'web:!db'], "run -l 'web:!db' -e @answers.yml"],
    [['-e', '@answers.yml'], 'run -e @answers.yml'],
    [['-e@answers.yml'], 'run -e@answers.yml'],
    [['-e', '@secrets.yml', '-e', 'a=b'], 'run -e @secrets.yml -e a=b -e @answers.yml'],
    [['-e', 'db_password=x y'], "run -e '<hidden>' -e @answers.yml"],
    [['-e', '{"apiToken": "x"}'], "run -e '<hidden>' -e @answers.yml"],
    [['--extra-vars=url=http://me:pw@host'], "run '<hidden>' -e @answers.yml"],
  ];
  for (const [words, shown] of cases) {
    t.equal(again(['node', '/x/bin/dabook.cjs', 'run', ...words], 'answers.yml'), `dabook ${shown}`);
  }
});
