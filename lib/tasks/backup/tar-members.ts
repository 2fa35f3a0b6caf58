import { createByteReader } from './byte-reader.ts';

/** A file, a folder or a link in a tar archive. */
export interface TarMember {
  readonly name: string;
  /** `link`: one more name of a file that came before. */
  readonly type: 'file' | 'link' | 'other';
  /** Its bytes in pieces, to be had until the next member is asked for. What is not taken is passed over. */
  readonly content: AsyncIterable<Buffer>;
  /** When its content was last changed, in seconds since 1970. */
  readonly mtime: number;
  /** The name that came before, for a `link`. */
  readonly sameAs: string;
}

const blockSize = 512;
/** Long names and the like are short; only a damaged archive has more. Bytes. */
const mostExtended = 2 ** 20;

/**
 * What a tar archive holds, in order: enough of the format (ustar, GNU and POSIX long names) to compare what
 * GNU tar, busybox and libarchive make of plain files with what they should. Nothing but what is asked for is
 * kept in memory. All of the archive is read, also what follows its end.
 * @throws Error where it is cut off, or damaged
 */
export async function* tarMembers(tar: AsyncIterable<Buffer>): AsyncGenerator<TarMember> {
  const bytes = createByteReader(tar);
  let long: ReadonlyMap<string, string> = new Map();
  for (;;) {
    const header = await bytes.take(blockSize);
    if (header.every((byte) => byte === 0)) return bytes.skipTo(Number.POSITIVE_INFINITY);
    refuseDamaged(header);
    const flag = String.fromCharCode(header[156] ?? 0);
    const isExtended = 'LKxg'.includes(flag);
    const given = isExtended ? undefined : long.get('size');
    const size = given === undefined ? numberAt(header, 124, 12) : Number(given);
    if (!(size >= 0) || (isExtended && size > mostExtended)) throw new Error('one of its headers is damaged');
    const end = bytes.position() + Math.ceil(size / blockSize) * blockSize;

    if (flag === 'L') long = new Map([...long, ['path', textAt(await bytes.take(size), 0, size)]]);
    else if (flag === 'K') long = new Map([...long, ['linkpath', textAt(await bytes.take(size), 0, size)]]);
    else if (flag === 'x') long = new Map([...long, ...extended(await bytes.take(size))]);
    else if (flag !== 'g') {
      const type = flag === '0' || flag === '\0' ? 'file' : flag === '1' ? 'link' : 'other';
      const name = long.get('path') ?? nameOf(header);
      const sameAs = long.get('linkpath') ?? textAt(header, 157, 100);
      // Times before 1970 are written in another way; nothing depends on them.
      yield { name, type, content: bytes.pieces(size), mtime: numberAt(header, 136, 12) || 0, sameAs };
      long = new Map();
    }
    await bytes.skipTo(end);
  }
}

/** A name of up to 255 bytes is in two parts, unless GNU tar uses the place of the first for something else. */
function nameOf(header: Buffer): string {
  const prefix = textAt(header, 257, 6) === 'ustar' ? textAt(header, 345, 155) : '';
  const name = textAt(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function refuseDamaged(header: Buffer): void {
  const sum = header.reduce((all, byte, index) => all + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (sum !== numberAt(header, 148, 8)) throw new Error('one of its headers is damaged');
}

/** `<length> <key>=<value>` and a newline each, the length in bytes of all that. */
function extended(content: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.toString('latin1', at, at + 12), 10);
    if (!(length > 0)) throw new Error('one of its headers is damaged');
    const [, key = '', value = ''] =
      /^\d+ ([^=]*)=([\s\S]*)\n$/.exec(content.toString('utf8', at, at + length)) ?? [];
    records.set(key, value);
    at += length;
  }
  return records;
}

/** Octal digits; or the bytes of the number, for one of 8 GiB and more. */
function numberAt(block: Buffer, at: number, length: number): number {
  if (block[at] === 0x80) return Number(BigInt(`0x${block.toString('hex', at + 1, at + length)}`));
  return Number.parseInt(textAt(block, at, length).trim() || '0', 8);
}

function textAt(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}
