import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { DriftReport } from '../../lib/views/drift-report.ts';
import { mayHold } from '../canary/allowed.ts';
import { canary } from '../canary/canary.ts';
import { dabook } from '../e2e/dabook.ts';

const cache = await mkdtemp(join(tmpdir(), 'dabook-drift-cache-'));
t.teardown(() => rm(cache, { recursive: true, force: true }));

const key = canary('key');
mayHold(key, /\/key(\.txt)?$/);
const playbook = `import { readFileSync } from 'node:fs';
import { playbook, secret, sh } from 'dabook';
import { command, copyFile } from 'dabook/tasks';
import { z } from 'zod';

export default playbook(
  { name: 'Files', groups: { all: z.looseObject({}) }, vars: z.object({ opaque: z.boolean().default(false) }) },
  async ({ groups: { all }, vars, play }) => {
    await play('Work', all, async (host) => {
      await host.run(copyFile({ content: secret('key', readFileSync('key.txt', 'utf8')), dest: process.cwd() + '/key', mode: '0600' }));
      await host.run(copyFile({ content: 'one', dest: process.cwd() + '/note' }));
      if (vars.opaque) await host.run(command({ run: sh\`true\` }));
    });
  },
);
`;

async function place(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'dabook-drift-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'hosts.yml'), 'all: { hosts: { here: { ansible_connection: local } } }\n');
  await writeFile(join(folder, 'key.txt'), key);
  await writeFile(join(folder, 'files.ts'), playbook);
  const env = { HOME: folder, XDG_CACHE_HOME: cache };
  const does = (command: string, ...more: readonly string[]) =>
    dabook([command, 'files.ts', '-i', 'hosts.yml', '--no-type-check', ...more], { cwd: folder, env });
  return { folder, does };
}

t.test('whether anything would change is an exit status, and a report', async (t) => {
  const { folder, does } = await place(t);
  const file = join(folder, 'drift.json');
  const reportOf = async () => JSON.parse(await readFile(file, 'utf8')) as DriftReport;

  const before = await does('drift', '--report', 'drift.json');
  t.equal(before.status, 6);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const first = await reportOf();
  t.match(first, { version: 1, playbook: 'Files', outcome: 'drifted', hosts: { here: { changed: 2 } } });
  t.match(first.findings[1], { host: 'here', task: 'copyFile', status: 'would-change' });
  t.ok((first.findings[1]?.changes.length ?? 0) > 0, 'with what would change');
  t.notMatch(JSON.stringify(first), key);
  t.notOk(existsSync(join(folder, 'note')), 'nothing was written');
  t.notOk(existsSync(join(folder, '.dabook')), 'and no journal kept');
  t.equal((await does('run', '--check')).status, 0, 'a check says so only when asked');
  t.equal((await does('run', '--check', '--detailed-exitcode')).status, 6);

  t.equal((await does('run')).status, 0);
  t.equal((await does('drift', '--report', 'drift.json')).status, 0);
  t.match(await reportOf(), { outcome: 'same', findings: [] });
  t.equal((await does('run', '--check', '--detailed-exitcode')).status, 0);

  await writeFile(join(folder, 'note'), 'two');
  const after = await does('drift', '--report', '-');
  t.equal(after.status, 6);
  const report = JSON.parse(after.stdout) as DriftReport;
  t.same(
    report.findings.map(({ title }) => title).length,
    1,
    'only what is not as it should be, and only the report on stdout',
  );
  t.match(after.stderr, /would change/, 'the rest is told on stderr');
});

t.test('what observes nothing', async (t) => {
  const { does } = await place(t);
  t.equal((await does('run', '-e', 'opaque=true')).status, 0);
  t.equal((await does('drift', '-e', 'opaque=true')).status, 0, 'is no drift');
  t.equal((await does('run', '--check', '--detailed-exitcode', '-e', 'opaque=true')).status, 6, 'but runs');
  const strict = await does('run', '--check', '--strict', '-e', 'opaque=true');
  t.equal(strict.status, 1);
  t.match(strict.stdout, /would fail +run true\n +it observes nothing/);
  t.match(strict.stdout, /2 ok, 0 would change, 1 would fail/);
  for (const option of ['--strict', '--detailed-exitcode']) {
    const alone = await does('run', option);
    t.equal(alone.status, 2);
    t.match(alone.stderr, `${option} says something of a check only`);
  }
});

t.test('a host that cannot be asked, and a report that cannot be written', async (t) => {
  const { folder, does } = await place(t);
  await writeFile(
    join(folder, 'hosts.yml'),
    'all: { hosts: { far: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n',
  );
  const gone = await does('drift', '--report', '-');
  t.equal(gone.status, 4);
  t.match(JSON.parse(gone.stdout), { outcome: 'unreachable', hosts: { far: { unreachable: 1 } } });
  const full = await does('drift', '--report', '/proc/nowhere/drift.json');
  t.equal(full.status, 1, 'as what was found is not known');
  t.match(full.stderr, /cannot be written/);
});
