import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { editKnownHosts } from '../../lib/transport/edit-known-hosts.ts';
import { readKnownHosts } from '../../lib/transport/known-hosts.ts';

const type = 'ssh-ed25519';
/** A key that is none, as its base64 and as bytes. */
const keyOf = (text: string) => ({
  key: Buffer.from(text).toString('base64').replace(/=+$/, ''),
  blob: Buffer.from(text),
});
const [old, fresh, other] = ['old', 'fresh', 'other'].map(keyOf) as [Key, Key, Key];
type Key = ReturnType<typeof keyOf>;

function place(t: Test, text?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'dabook-known-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'known');
  if (text !== undefined) writeFileSync(file, text);
  return { folder, file, text: () => readFileSync(file, 'latin1') };
}

t.test('a key that is replaced is found wherever it is, and good for all others still', async (t) => {
  const line = `${type} ${old.key}== mine`;
  const cases: readonly [before: string, after: string][] = [
    [`web1 ${line}\n`, ''],
    [`WEB1,web2 ${line}\n`, `web2 ${line}\n`],
    [`# one\n\n  web2,web1\t${line}\r\nlast`, `# one\n\n  web2\t${line}\r\nlast`],
    [`*,!bad ${line}\n`, `*,!bad,!web1 ${line}\n`],
    [`web1,!bad ${line}\n`, ''],
    [`web1,web? ${line}\nweb1 ${line}\n`, `web?,!web1 ${line}\n`],
    [`|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ${line}\n`, ''],
    [
      `@revoked web1 ${line}\n@cert-authority * ${line}\n`,
      `@revoked web1 ${line}\n@cert-authority * ${line}\n`,
    ],
    [`web1 ${type} ${other.key}\nweb2 ${line}\n`, `web1 ${type} ${other.key}\nweb2 ${line}\n`],
  ];
  for (const [before, after] of cases) {
    const { file, text } = place(t, before);
    const name = before.startsWith('|') ? '192.168.1.61' : 'web1';
    await editKnownHosts(file, [], [{ name, type, key: old.key }]);
    t.equal(text(), after, before);
    await editKnownHosts(file, [{ name, type, blob: fresh.blob }], [{ name, type, key: old.key }]);
    const known = (await readKnownHosts([file])).keysOf(name).filter(({ marker }) => marker === 'none');
    t.notMatch(known, [{ key: old.key }], before);
    t.equal(known.at(-1)?.key, fresh.key);
  }
});

t.test('a file keeps its mode, and a link stays one', async (t) => {
  const { folder, file, text } = place(t, '# one\n');
  chmodSync(file, 0o644);
  const add = [{ name: 'web1', type, blob: fresh.blob }];
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await editKnownHosts(file, add);
  t.equal(statSync(file).mode & 0o777, 0o644);
  t.match(text(), 'web1');

  const links = join(folder, 'links');
  mkdirSync(links);
  symlinkSync('../second', join(links, 'first'));
  symlinkSync('made/known', join(folder, 'second'));
  await editKnownHosts(join(links, 'first'), add);
  const made = join(folder, 'made/known');
  t.match(readFileSync(made, 'utf8'), 'web1');
  t.equal(statSync(made).mode & 0o777, 0o600);
  t.ok(lstatSync(join(links, 'first')).isSymbolicLink());
  t.ok(lstatSync(join(folder, 'second')).isSymbolicLink());
});

const isRoot = process.getuid?.() === 0;
t.test('root leaves it whose it is', { skip: !isRoot && 'it takes root' }, async (t) => {
  const { file, text } = place(t, '# one\n');
  chownSync(file, 1234, 2345);
  chmodSync(file, 0o600);
  await editKnownHosts(file, [{ name: 'web1', type, blob: fresh.blob }]);
  t.match(text(), 'web1');
  t.match(statSync(file), { uid: 1234, gid: 2345 });
  t.equal(statSync(file).mode & 0o777, 0o600);
});

t.test('several that write at once lose nothing', async (t) => {
  const { folder, file, text } = place(t);
  // Left by a process that is gone, and beside it what was left by one that was about to take it away.
  const gone = JSON.stringify({ host: hostname(), pid: spawnSync('true').pid, started: '1', id: 'one' });
  for (const name of ['.dabook-known.lock', '.dabook-known.lock.left'])
    writeFileSync(join(folder, name), gone);
  const writers = ['a', 'b', 'c', 'd'];
  const names = Array.from({ length: 25 }, (_, index) => index);
  await Promise.all(
    writers.map(async (writer) => {
      for (const index of names)
        await editKnownHosts(file, [{ name: `${writer}${index}`, type, blob: fresh.blob }]);
    }),
  );
  const written = text()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  t.same(
    written.sort(),
    ['', ...writers.flatMap((writer) => names.map((index) => `${writer}${index}`))].sort(),
  );
  t.same(readdirSync(folder), ['known'], 'nothing is left beside it');
});
