import { appendFile, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readPieces } from '../../lib/read-pieces.ts';
import { sha256Of } from '../../lib/sha256.ts';
import { openShared } from '../../lib/shared-file.ts';

const MiB = 2 ** 20;
const folder = await mkdtemp(join(tmpdir(), 'dabook-pieces-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

/** A file in which each 4 KiB is told from the others. */
async function fileOf(name: string, size: number) {
  const path = join(folder, name);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4096) bytes.writeUInt32LE(at, Math.min(at, size - 4));
  await writeFile(path, bytes);
  return { path, size, sha256: sha256Of(bytes) };
}

async function all(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const read: Buffer[] = [];
  for await (const piece of pieces) read.push(piece);
  return read;
}

/** How often this process has the file open. */
async function openings(path: string): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  return links.filter((link) => link === path).length;
}

t.test('a file that is sent to several hosts at once is read once', async (t) => {
  const { path, size, sha256 } = await fileOf('shared', 3 * MiB + 10);
  const pieces = await all(readPieces(path, size));
  t.same(
    pieces.map(({ length }) => length),
    [MiB, MiB, MiB, 10],
  );
  t.equal(sha256Of(Buffer.concat(pieces)), sha256);

  const [one, two] = await Promise.all([openShared(path), openShared(path)]);
  t.equal(await openings(path), 1);
  const first = await one.piece(0);
  t.equal(await two.piece(0), first, 'the very same piece');
  t.not(await one.piece(0), first, 'nothing is kept when nobody comes to it any more');
  await two.close();
  t.not(await one.piece(1), await one.piece(1), 'nor while there is one reader');
  await one.close();
  t.equal(await openings(path), 0);
});

t.test('a reader that is far behind, and one that stops in the middle, disturb nobody', async (t) => {
  const { path, size, sha256 } = await fileOf('long', 40 * MiB);
  const slow = readPieces(path, size);
  const first = await slow.next();
  for await (const _ of readPieces(path, size)) break;
  t.equal(sha256Of(Buffer.concat(await all(readPieces(path, size)))), sha256);
  t.equal(await openings(path), 1);
  const rest = await all(slow);
  t.equal(sha256Of(Buffer.concat([first.value as Buffer, ...rest])), sha256);
  t.equal(await openings(path), 0);

  const [ahead, middle, behind] = await Promise.all([openShared(path), openShared(path), openShared(path)]);
  for (let index = 0; index < 18; index += 1) await middle.piece(index);
  const given: Buffer[] = [];
  for (let index = 0; index < 30; index += 1) given.push(await ahead.piece(index));
  for (let index = 0; index < 17; index += 1) await behind.piece(index);
  t.equal(await middle.piece(18), given[18], 'those in the middle do not miss what one behind them reads');
  await Promise.all([ahead, middle, behind].map((file) => file.close()));
  t.equal(await openings(path), 0);
});

t.test('a file that is changed while it is read is told, and the next reader has the new one', async (t) => {
  const { path, size } = await fileOf('changing', 2 * MiB);
  const reading = readPieces(path, size);
  await reading.next();
  await appendFile(path, 'more');
  const later = all(readPieces(path, size + 4));
  await t.rejects(all(reading), { message: /changed after it was looked at/ });
  t.equal(Buffer.concat(await later).length, size + 4);
  await t.rejects(all(readPieces(path, size)), { message: /changed after/ });
  await t.rejects(all(readPieces(join(folder, 'none'), 1, 'the source')), {
    message: /^the source cannot be read: ENOENT/,
  });
  t.equal(await openings(path), 0);
});
