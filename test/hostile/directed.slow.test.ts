import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadCompose } from '../../lib/compose/load-compose.ts';
import { globMatches } from '../../lib/glob.ts';
import { isJournalLine } from '../../lib/journal/is-journal-line.ts';
import { readBounded } from '../../lib/read-bounded.ts';
import { swarmMembership } from '../../lib/tasks/swarm/swarm-membership.ts';
import { createMemoryTransport } from '../../lib/transport/memory.ts';
import type { Target } from '../../lib/transport/session.ts';
import { visibleJson } from '../../lib/visible.ts';
import { deepestYaml, hasManyAliases, tooDeepAt } from '../../lib/yaml-nesting.ts';
import { onHosts } from '../tasks/rig.ts';
import { commandLine } from './command-line.ts';
import { harmless, jobText } from './kinds/job.ts';

/** A folder with a job in it; the cache is in the folder above. */
function place(t: Test, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(t.testdir({ input: {} }), 'input');
  const all = {
    'job.mjs': jobText(folder),
    'hosts.yml': 'web: { hosts: { one: { greeting: hi } } }\n',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}
const run = (folder: string, ...args: readonly string[]) =>
  commandLine(['run', 'job.mjs', ...args, ...harmless], folder);

t.test('what is no file is not read in its place', async (t) => {
  const folder = place(t);
  execFileSync('mkfifo', [join(folder, 'pipe.yml')]);
  symlinkSync('/dev/zero', join(folder, 'endless.yml'));
  mkdirSync(join(folder, 'group_vars'));
  symlinkSync('/dev/zero', join(folder, 'group_vars/web.yml'));
  for (const name of ['pipe.yml', 'endless.yml']) {
    const { status, stderr } = await run(folder, '-i', name);
    t.match([status, stderr], [2, `${name} is no regular file`]);
    const given = await run(folder, '-i', 'hosts.yml', '-e', `@${name}`);
    t.match([given.status, given.stderr], [2, `"${name}" cannot be read: it is no regular file`]);
  }
  const vars = await run(folder, '-i', 'hosts.yml');
  t.match([vars.status, vars.stderr], [2, 'group_vars/web.yml is no regular file']);

  execFileSync('mkfifo', [join(folder, 'pipe.ts')]);
  const playbook = await commandLine(['run', 'pipe.ts', '-i', 'hosts.yml', ...harmless], folder);
  t.match([playbook.status, playbook.stderr], [2, 'the playbook pipe.ts is no regular file']);
});

t.test('files of absurd sizes, and files that change while they are read', async (t) => {
  const folder = place(t, { 'big.yml': `a: ${'x'.repeat(17 * 2 ** 20)}\n` });
  const big = await run(folder, '-i', 'big.yml');
  t.match([big.status, big.stderr], [2, 'big.yml has more than 16 MiB']);
  const given = await run(folder, '-i', 'hosts.yml', '-e', '@big.yml');
  t.match([given.status, given.stderr], [2, '"big.yml" cannot be read: it has more than 16 MiB']);

  const changing = join(folder, 'changing');
  writeFileSync(changing, 'x'.repeat(8 * 2 ** 20));
  const reading = readBounded(changing, 16 * 2 ** 20);
  const writing = setInterval(() => appendFileSync(changing, 'y'), 0);
  const read = await reading.finally(() => clearInterval(writing));
  t.match(read, { wrong: /changed while it was read/ });
  t.match(await readBounded(changing, 16 * 2 ** 20), { bytes: Buffer });
  t.match(await readBounded(changing, 2 ** 20), { wrong: 'has more than 1 MiB' });
});

t.test('deep nesting and bombs, with their line, and not by the end of the stack', async (t) => {
  for (const [text, line] of [
    [`a: 1\nb: ${'['.repeat(10_000)}`, 2],
    [`a: 1\n\n${'- '.repeat(10_000)}x\n`, 3],
    [`${'? '.repeat(1000)}x\n`, 1],
    [`a: 1\n${'a: '.repeat(100_000)}\n`, 2],
    [Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''), deepestYaml + 1],
  ] as const) {
    const folder = place(t, { 'deep.yml': text });
    const { status, stderr } = await run(folder, '-i', 'deep.yml');
    t.match([status, stderr], [2, `deep.yml:${line}:1: deep.yml is nested too deeply to be read`]);
    t.throws(() => loadCompose([{ file: 'f.yml', text }], { dir: '/' }), {
      code: 'refused',
      message: `f.yml:${line}:1: the file is nested too deeply to be read`,
    });
  }
  for (const text of [
    `a: |\n${' '.repeat(2)}${'['.repeat(1000)}\n`,
    `a: "${'['.repeat(1000)}"\n`,
    `# ${'{'.repeat(1000)}\na: 1\n`,
    `a: 1\n${' '.repeat(500)}# far to the right\nb: 2\n`,
    `a: x\n${' '.repeat(500)}goes on\n`,
    `a: http${'://x'.repeat(500)}\n`,
    `${'['.repeat(200)}${']'.repeat(200)}\n`,
  ])
    t.equal(tooDeepAt(text), undefined, text.slice(0, 20));
  t.equal(hasManyAliases(`a: &a 1\nb: [${Array(2001).fill('*a')}]\n`), true);
  t.equal(hasManyAliases(`a: "${'*a '.repeat(3000)}"\n`), false, 'in quotes they are none');

  const folder = place(t);
  const given = await run(folder, '-i', 'hosts.yml', '-e', `a=${'['.repeat(5000)}${']'.repeat(5000)}`);
  t.match([given.status, given.stderr], [2, /-e.*:1:1: .*nested too deeply/]);
});

// Each key was compared with all others before, which took longer than a test may.
t.test('compose files of thousands of keys and services', async (t) => {
  const text = `services:\n${Array.from({ length: 20_000 }, (_, n) => `  s${n}: { image: a }\n`).join('')}`;
  t.equal(Object.keys(loadCompose([{ file: 'f.yml', text }], { dir: '/' }).services).length, 20_000);
  const twice = 'services:\n  a: { image: a }\n  a: { image: b }\n';
  t.throws(() => loadCompose([{ file: 'f.yml', text: twice }], { dir: '/' }), {
    message: 'f.yml:3:3: the key a stands here twice',
  });
});

// One that tries every way would not end in this life.
t.test('patterns of known_hosts', async (t) => {
  const pattern = `${'*a'.repeat(30)}b`;
  t.equal(globMatches(pattern, 'a'.repeat(5000)), false);
  const cases = ['', '*', '?', 'a', '**', 'a*', '*a', 'a?c', '*.x.y', 'a*b*c', '[a]', 'a.c', '?*?'];
  const texts = ['', 'a', 'ab', 'abc', 'aXbYc', 'h.x.y', '[a]', 'a.c', 'acb'];
  for (const one of cases) {
    const escaped = one
      .replace(/[.[\]]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    for (const text of texts)
      t.equal(globMatches(one, text), new RegExp(`^${escaped}$`).test(text), `${one} ${text}`);
  }
});

t.test('a journal line that lacks what readers look at is told with its place', async (t) => {
  t.equal(isJournalLine({ type: 'step.started', at: 'x', host: 'a', task: 1, step: 1, shown: 's' }), false);
  t.equal(isJournalLine({ type: 'of a later dabook' }), true);
  t.equal(isJournalLine({ type: 'constructor' }), true);
});

t.test('JSON that a person looks at steers no terminal, and says the same', async (t) => {
  const value = { a: '\u202e\u0085\u2028\x1b\x7f', '\u{e0041}': 1 };
  const json = visibleJson(JSON.stringify(value));
  t.notMatch(json, /[^\x20-\x7e]/);
  t.same(JSON.parse(json), value);
});

t.test('what is written is private, and kept things are not taken from a folder of others', async (t) => {
  const gate = `import { playbook } from 'dabook';
import { gate } from 'dabook/tasks';
import { z } from 'zod';
export default playbook({ name: 'G', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  await play('A', all, (host) => host.run(gate({ title: 'T', variable: 'v', checklist: [],
    questions: [{ name: 'q', text: 'q', kind: 'text' }], keep: { path: '${t.testdirName}/kept.yml' } })));
});
`;
  const folder = place(t, { 'job.mjs': gate });
  const args = harmless.filter((word) => word !== '--check');
  const asked = await commandLine(['run', 'job.mjs', '-i', 'hosts.yml', ...args], folder);
  t.equal(asked.status, 3, asked.stderr);
  t.equal(statSync(join(folder, 'answers.yml')).mode & 0o777, 0o600);

  const cache = join(folder, 'cache');
  mkdirSync(join(cache, 'dabook'), { recursive: true, mode: 0o700 });
  const env = { XDG_CACHE_HOME: cache };
  const words = ['run', 'job.mjs', '-i', 'hosts.yml', '--check', ...args];
  for (const [mode, refused] of [
    [0o777, true],
    [0o1777, false],
    [0o700, false],
  ] as const) {
    chmodSync(cache, mode);
    const { status, stderr } = await commandLine(words, folder, env);
    t.equal(
      status === 2 && /could be written to by others/.test(stderr),
      refused,
      `${mode.toString(8)}: ${stderr}`,
    );
  }
  for (const name of readdirSync(join(cache, 'dabook'), { recursive: true })) {
    const { mode } = statSync(join(cache, 'dabook', String(name)));
    t.equal(mode & 0o022, 0, `${name}`);
  }
});

t.test('an engine that answers no JSON', async (t) => {
  const target = { name: 'ha1', host: 'ha1', connection: 'local' } as unknown as Target;
  const docker = () => ({ status: 200, body: '<html>\x1b[2J' });
  const { connect } = createMemoryTransport({ hosts: { ha1: { docker } } });
  const { error } = await onHosts({ targets: [target], become: false, connect }, async (hosts) => {
    await Promise.all(hosts.map((host) => host.read(swarmMembership)));
  });
  t.match(error, { code: 'command', message: 'the Docker Engine answered what is no JSON' });
});
