import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { strayVariables } from './allowed.ts';
import { createBeacons } from './beacons.ts';
import { createFinder, findMarker } from './find-marker.ts';
import { markerFrom } from './marker.ts';
import { searchFiles } from './search-files.ts';

// Of another run than this one, so that nothing of it is taken for a leak.
const marker = markerFrom('a seed of this test', 'canary');
const secret = `it.sudo_password-${marker.text}-some_file.1.1.`;
const name = 'sudo_password of some_file.1.1';

t.test('found in every way in which it may be written', async (t) => {
  const whole = (before: string) => Buffer.from(`${before}${secret} and more`);
  const wrapped = (text: string) => text.replaceAll(/.{20}/g, '$&\r\n');
  const written: Record<string, string> = {
    'as it is': `password: "${secret}"`,
    'in JSON': JSON.stringify({ text: `"${secret}"\n` }),
    'in a URL': encodeURIComponent(`p ä"${secret}"`),
    'in base64': whole('').toString('base64'),
    'in base64 after one byte': whole('a').toString('base64'),
    'in base64 after two bytes': whole('ab').toString('base64'),
    'in base64 of URLs': whole('ÿÿ').toString('base64url'),
    'in hex': whole('').toString('hex'),
    'in capital hex': whole('').toString('hex').toUpperCase(),
    'in base64, wrapped': wrapped(whole('abc').toString('base64')),
    'in hex, wrapped': wrapped(whole('').toString('hex')),
    'in a narrow terminal': wrapped(secret),
    'in colours': secret.replaceAll(/.{9}/g, '$&\u001b[0m\u001b[31m'),
  };
  for (const [how, text] of Object.entries(written))
    t.same(findMarker(Buffer.from(text), marker), [name], how);
  const second = secret.replace('sudo', 'ssh');
  t.same(findMarker(Buffer.from(`${secret}${second}`), marker), [name, name.replace('sudo', 'ssh')]);
  t.match(findMarker(Buffer.from(marker.text.toUpperCase()), marker), [/name was not beside it/]);
  t.same(findMarker(Buffer.from(secret.replace(marker.text, marker.text.slice(1))), marker), []);
  const other = markerFrom('a seed of this test', 'beacon');
  t.same(findMarker(Buffer.from(secret), other), []);
});

t.test('found in what comes in pieces, wherever it is cut', async (t) => {
  for (const text of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')]) {
    const bytes = Buffer.from(`${'x'.repeat(300)} ${text} ${'y'.repeat(300)}`);
    const cuts = Array.from({ length: bytes.length }, (_, cut) => cut);
    const missed = cuts.filter((cut) => {
      const find = createFinder(marker);
      return [bytes.subarray(0, cut), bytes.subarray(cut)].flatMap(find).length === 0;
    });
    t.same(missed, []);
    const find = createFinder(marker);
    t.not([...bytes].flatMap((byte) => find(Buffer.from([byte]))).length, 0, 'byte by byte');
  }
});

t.test('found in files: in texts, names, links and what is packed; links are not followed', async (t) => {
  const folder = t.testdir({
    a: { plain: `x\n${secret}\n`, none: 'nothing' },
    b: { base64: Buffer.from(`a${secret}`).toString('base64'), [`n-${secret}`]: '' },
    outside: { key: secret },
  });
  writeFileSync(join(folder, 'packed.tar.gz'), gzipSync(`in an archive: ${secret}`));
  symlinkSync(secret, join(folder, 'b', 'link'));
  mkdirSync(join(folder, 'c'));
  symlinkSync(join(folder, 'outside'), join(folder, 'c', 'out'));
  const place = 2 ** 20;
  const large = Buffer.alloc(5 * place, 'x');
  // Over the borders of the pieces in which it is read.
  large.write(secret, 2 * place - 30);
  large.write(Buffer.from(secret).toString('base64'), 4 * place - 40);
  writeFileSync(join(folder, 'large'), large);

  const found = (path: string) =>
    searchFiles(join(folder, path), marker).map((each) => each.path.slice(folder.length + 1));
  t.same(found('').toSorted(), [
    'a/plain',
    'b/base64',
    'b/link',
    `b/n-${secret}`,
    'large',
    'outside/key',
    'packed.tar.gz',
  ]);
  t.same(searchFiles(join(folder, 'large'), marker)[0]?.names, [name]);
  t.same(found('c'), []);
  t.same(found('no such file'), []);
});

t.test('a variable may hold what an operator keeps in it, and nothing else', async (t) => {
  const stray = (...entries: string[]) => strayVariables(Buffer.from(entries.join('\0')), marker);
  const meant = `it.env-${marker.text}-DB_PASSWORD.`;
  t.same(stray('PATH=/bin', `DB_PASSWORD=${meant}`), []);
  const others = [
    `OTHER=${meant}`,
    `DB_PASSWORD=${meant} and more`,
    `DB_PASSWORD=${secret}`,
    `DB_PASSWORD=${Buffer.from(meant).toString('base64')}`,
  ];
  t.same(stray('A=b', ...others, `DB_PASSWORD=${meant}`), others);
});

t.test('a watch that does not see what it is shown is not believed', async (t) => {
  const shown: string[] = [];
  const beacons = createBeacons(marker, (_program, args) => shown.push(args.at(-1) ?? ''));
  beacons.show();
  const [first = ''] = shown;
  t.match(beacons.fault(), /^canary: the watch did not see/);
  beacons.look(Buffer.from(`sleep\0${first}\0`), 'cmdline');
  t.match(beacons.fault(), /^canary: the watch did not see/, 'both sides are needed');
  beacons.look(Buffer.from(`A=b\0BEACON=${first}\0`), 'environ');
  t.equal(beacons.fault(), undefined);
  t.equal(beacons.told(), '1 of 1 that last 100 ms');
});
