/** What a tar archive tells of a member, beside its name. */
export interface TarMember {
  readonly type: 'file' | 'directory';
  /** Bytes of its content. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

/** Tar archives are made of blocks of so many bytes. */
export const tarBlock = 512;

/** The name of a member that holds the name of the next one. */
const longLink = '././@LongLink';

const flags = { file: '0', directory: '5', longName: 'L' } as const;

/**
 * The header of a tar member that belongs to root, for the tar of any host: ustar; for a name that does not fit
 * there, behind one in the way of GNU tar. The extended headers of pax, which a library would write for such names
 * and for all beyond ASCII, are skipped by busybox. A member has less than 8 GiB.
 */
export function tarHeader(name: string, member: TarMember): Buffer {
  const bytes = Buffer.from(name);
  const fitting = split(bytes);
  if (fitting !== undefined) return headerOf(...fitting, flags[member.type], member);
  const text = Buffer.alloc(padded(bytes.length + 1));
  bytes.copy(text);
  const about = { size: bytes.length + 1, mode: 0, mtime: 0 };
  return Buffer.concat([
    headerOf(Buffer.alloc(0), Buffer.from(longLink), flags.longName, about),
    text,
    headerOf(Buffer.alloc(0), bytes.subarray(0, 100), flags[member.type], member),
  ]);
}

/** Bytes of the header that {@link tarHeader} gives for a name. */
export function headerSize(name: string): number {
  const bytes = Buffer.from(name);
  return split(bytes) === undefined ? 2 * tarBlock + padded(bytes.length + 1) : tarBlock;
}

/** Bytes that a content takes with what fills its last block. */
export function padded(size: number): number {
  return Math.ceil(size / tarBlock) * tarBlock;
}

/** The part of a name before a slash, and the one behind it, each as long as a header has room for. */
function split(name: Buffer): [prefix: Buffer, rest: Buffer] | undefined {
  if (name.length <= 100) return [Buffer.alloc(0), name];
  const slash = name.indexOf('/', name.length - 101);
  // A slash at the end is that of a folder, and no place to split at.
  if (slash < 0 || slash > 155 || slash === name.length - 1) return undefined;
  return [name.subarray(0, slash), name.subarray(slash + 1)];
}

function headerOf(
  prefix: Buffer,
  name: Buffer,
  flag: string,
  { size, mode, mtime }: Omit<TarMember, 'type'>,
): Buffer {
  const header = Buffer.alloc(tarBlock);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  name.copy(header, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(mtime, 136, 11);
  header.write(`        ${flag}`, 148, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  prefix.copy(header, 345);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
