import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
