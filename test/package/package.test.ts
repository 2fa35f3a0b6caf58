import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { outsideTap } from '../outside-tap.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);
const run = (command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
  execute(...outsideTap(command, args), options);

/** The source files in each file of dist/ with one of these endings. */
async function sourcesIn(ending: '.js' | '.cjs'): Promise<readonly string[]> {
  const names = (await readdir(join(root, 'dist'))).filter((name) => name.endsWith(ending));
  const texts = await Promise.all(names.map((name) => readFile(join(root, 'dist', name), 'utf8')));
  // A script names a module twice: where it is, and as the name of the function that runs it.
  return texts.flatMap((text) => [
    ...new Set([...text.matchAll(/^ *\/\/ (\S+\.(?:ts|[cm]?js))$/gm)].map(([, file = '']) => file)),
  ]);
}

/** The modules of the command line that ran, of those that need not. */
async function ranFor(args: readonly string[], folder: string): Promise<readonly string[]> {
  const env = { ...process.env, NODE_V8_COVERAGE: folder };
  await run(process.execPath, [join(root, 'bin/dabook.cjs'), ...args], { env });
  const [name = ''] = await readdir(folder);
  const { result } = JSON.parse(await readFile(join(folder, name), 'utf8')) as {
    result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
  };
  const { functions = [] } = result.find(({ url }) => url.endsWith('dist/cli.cjs')) ?? {};
  return functions.filter(({ ranges }) => ranges[0]?.count).map(({ functionName }) => functionName);
}

const inventory = 'all:\n  hosts:\n    here:\n      ansible_connection: local\n      greeting: hello\n';

const playbook = (file: string) => `
import { playbook, type Result } from 'dabook';
import { copyFile } from 'dabook/tasks';
import { z } from 'zod';
import { readFileSync } from 'node:fs';
enum Ending { Line = '\\n' }
const text = await Promise.resolve(Ending.Line);
export default playbook({ name: 'pack', groups: { all: z.object({ greeting: z.string() }) } }, async ({ groups: { all }, play }) => {
  const results = await play('Write', all, (host) => host.run(copyFile({ content: host.vars.greeting + text, dest: ${JSON.stringify(file)}, mode: '0640' })));
  const first: Result<unknown> | undefined = results[0];
  if (first?.changed && readFileSync(${JSON.stringify(file)}, 'utf8') !== 'hello\\n') throw new Error('not written');
});
`;

/** A playbook and an inventory in JavaScript, and what the playbook needs in a file and in a package beside it. */
const javaScript = (file: string) => ({
  'main.mjs': `
import { playbook, Secret } from 'dabook';
import { write } from 'roles';
import { z } from 'zod';
import { greeting } from './greeting.mjs';
export default playbook({ name: 'modules', groups: { all: z.looseObject({}) } }, async ({ groups: { all }, play }) => {
  if (!(all[0].vars.token instanceof Secret)) throw new Error('it is of another dabook');
  await play('Write', all, (host) => host.run(write(greeting, ${JSON.stringify(file)})));
});
`,
  'greeting.mjs': `
import { secret } from 'dabook';
export const greeting = secret('greeting', 'hello\\n');
`,
  'hosts.mjs': `
import { secret } from 'dabook';
export default { all: { hosts: { here: { ansible_connection: 'local', token: secret('token', 'hidden') } } } };
`,
  'node_modules/roles/index.js': `
import { copyFile } from 'dabook/tasks';
export const write = (content, dest) => copyFile({ content, dest, mode: '0600' });
`,
  'node_modules/roles/package.json':
    '{"name":"roles","type":"module","exports":"./index.js","peerDependencies":{"dabook":"*"}}',
});

t.test('the package: linted, and installed globally it runs a playbook in an empty folder', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-package-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root });
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  const tarball = join(folder, name);

  const modules = await sourcesIn('.js');
  t.ok(modules.length > 100, 'it looked at something');
  t.same(modules.length, new Set(modules).size, 'dabook and dabook/tasks share all that they have in common');

  const ran = await ranFor(['--help'], join(folder, 'coverage'));
  t.ok(ran.includes('node_modules/commander/index.js'), 'it looked at something');
  t.notMatch(ran.join('\n'), /node_modules\/yaml\/|lib\/(run|host|task)\.ts/, 'help loads no engine');

  const notices = await readFile(join(root, 'dist/third-party-notices.txt'), 'utf8');
  const bundled = [...modules, ...(await sourcesIn('.cjs'))].map(
    (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1],
  );
  const libraries = [...new Set(bundled)].filter((library) => library !== undefined);
  t.ok(libraries.length > 10, 'it looked at something');
  t.same(
    libraries.filter((library) => !notices.includes(`\n${library} `)),
    [],
    'each licence is passed on',
  );

  const bin = (tool: string) => join(root, 'node_modules/.bin', tool);
  const publint = await run(bin('publint'), ['run', tarball, '--strict'], { cwd: root });
  t.match(publint.stdout, /All good/);
  const attw = await run(bin('attw'), [tarball, '--profile', 'esm-only'], { cwd: root });
  // It ends with status 1, which rejects, where it finds anything for an ES module's importers.
  t.match(attw.stdout, /node16 \(from ESM\) │ 🟢 \(ESM\) +│ 🟢 \(ESM\) /);

  const prefix = join(folder, 'global');
  await mkdir(prefix);
  await run('npm', [
    'install',
    '-g',
    '--prefix',
    prefix,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    tarball,
  ]);
  const dabook = join(prefix, 'bin/dabook');
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  t.equal((await run(dabook, ['--version'])).stdout.trim(), version);

  // A home of its own: nothing of this user's settings and caches.
  const env = { PATH: process.env.PATH, HOME: folder };
  for (const [kind, manifest] of [['none'], ['commonjs', '{}'], ['module', '{"type":"module"}']]) {
    const work = join(folder, `work-${kind}`);
    await mkdir(work);
    if (manifest) await writeFile(join(work, 'package.json'), manifest);
    const target = join(work, 'greeting');
    await writeFile(join(work, 'hosts.yml'), inventory);
    await writeFile(join(work, 'greet.ts'), playbook(target));
    const args = ['run', 'greet.ts', '-i', 'hosts.yml'];
    const first = await run(dabook, args, { cwd: work, env });
    t.match(first.stdout, /1 changed/, `package.json: ${kind}`);
    t.equal(await readFile(target, 'utf8'), 'hello\n');
    const again = await run(dabook, [...args, '--json'], { cwd: work, env });
    const last = JSON.parse(again.stdout.trimEnd().split('\n').at(-1) ?? '');
    t.match(last, { type: 'run.ended', outcome: 'ok', hosts: { here: { ok: 1, changed: 0 } } });
  }

  const work = join(folder, 'work-modules');
  await mkdir(join(work, 'node_modules/roles'), { recursive: true });
  const written = join(work, 'greeting');
  for (const [name, text] of Object.entries(javaScript(written))) await writeFile(join(work, name), text);
  // It must not be taken for the dabook that runs, though it is the same.
  await symlink(join(prefix, 'lib/node_modules/dabook'), join(work, 'node_modules/dabook'));
  const asModules = await run(dabook, ['run', 'main.mjs', '-i', 'hosts.mjs'], { cwd: work, env });
  t.match(asModules.stdout, /1 changed/, 'ES modules');
  t.equal(await readFile(written, 'utf8'), 'hello\n');

  const broken = join(folder, 'work-none/broken.ts');
  await writeFile(broken, playbook('/nowhere').replace('host.vars.greeting', 'host.vars.greting'));
  const failure = await run(dabook, ['run', broken, '-i', 'hosts.yml'], {
    cwd: join(folder, 'work-none'),
    env,
  }).catch((error: { code: number; stderr: string }) => error);
  t.match(failure, { code: 2, stderr: /broken\.ts:9:\d+: Property 'greting' does not exist/ });
});
