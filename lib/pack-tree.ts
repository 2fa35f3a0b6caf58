import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { DabookError, messageOf } from './errors.ts';
import { readPieces, sourceChanged } from './read-pieces.ts';
import type { TreeFile, TreeStep } from './step.ts';
import { headerSize, padded, tarBlock, tarHeader } from './tar-header.ts';
import type { StdinStream } from './transport/session.ts';
import type { TreeLayout, TreeMember } from './tree-layout.ts';

/** Bytes that are sent at once. */
const chunkSize = 2 ** 18;
/** Larger files are read by themselves. Bytes. */
const largestSmall = chunkSize / 4;
/** Bytes with which a tar archive ends. */
const endSize = 2 * tarBlock;

/**
 * What the command of `treeScript` reads: a tar archive of the plan, the names of the files, and the files
 * themselves, each read from the control machine as it is sent.
 * @throws DabookError `command` for a file that cannot be read or is not any more what it was, here and from `chunks`
 */
export function packTree({ from }: TreeStep, { members, plan }: TreeLayout): StdinStream {
  const pathOf = (file: TreeFile) => `${from}/${file.path}`;
  // Before anything is sent: a command that is under way is not told why its stdin ends, it is killed.
  for (const each of members) if ('file' in each) refuseChanged(pathOf(each.file), each.file);
  const names = members.flatMap((each) => ('file' in each ? `./${each.name}\0` : []));
  const head = Buffer.concat([...textMember('plan', plan), ...textMember('names', names.join(''))]);
  const size = members.reduce((all, each) => all + sizeOf(each), head.length + endSize);

  async function* chunks(): AsyncGenerator<Buffer> {
    yield head;
    // Zeros are what fills up the last block of a file.
    let chunk = Buffer.alloc(chunkSize);
    let length = 0;
    const taken = (): Buffer => {
      const full = chunk.subarray(0, length);
      chunk = Buffer.alloc(chunkSize);
      length = 0;
      return full;
    };
    for (const each of members) {
      const header = headerOf(each);
      const isSmall = 'folder' in each || each.file.size <= largestSmall;
      if (length + (isSmall ? sizeOf(each) : header.length) > chunkSize) yield taken();
      length += header.copy(chunk, length);
      if ('folder' in each) continue;
      const { file } = each;
      if (isSmall) {
        readInto(chunk, length, pathOf(file), file);
        length += padded(file.size);
      } else {
        yield taken();
        yield* readPieces(pathOf(file), file.size);
        length += padded(file.size) - file.size;
      }
    }
    if (length + endSize > chunkSize) yield taken();
    length += endSize;
    yield taken();
  }
  return { size, chunks };
}

/** Bytes of a member with its header. */
function sizeOf(member: TreeMember): number {
  return 'folder' in member
    ? headerSize(`${member.name}/`)
    : headerSize(member.name) + padded(member.file.size);
}

function headerOf(member: TreeMember): Buffer {
  if ('file' in member) {
    const { size, mode, mtime } = member.file;
    const bits = Number.parseInt(mode, 8);
    // A time before 1970 has no place there.
    return tarHeader(member.name, { type: 'file', size, mode: bits, mtime: Math.max(mtime, 0) });
  }
  const mode = Number.parseInt(member.folder.mode ?? '0755', 8);
  return tarHeader(`${member.name}/`, { type: 'directory', size: 0, mode, mtime: now() });
}

/** A member that is no file of the control machine. */
function textMember(name: string, text: string): Buffer[] {
  const content = Buffer.from(text);
  const header = tarHeader(name, { type: 'file', size: content.length, mode: 0o600, mtime: now() });
  return [header, content, Buffer.alloc(padded(content.length) - content.length)];
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

function refuseChanged(path: string, file: TreeFile): void {
  const stats = readable(path, () => statSync(path));
  if (isChanged(stats, file)) throw sourceChanged(path);
}

function isChanged(stats: Stats, { size, mtime }: TreeFile): boolean {
  return stats.size !== size || Math.floor(stats.mtimeMs / 1000) !== mtime;
}

/** A small file. It was read a moment ago: to wait for it would cost more than to read it. */
function readInto(chunk: Buffer, at: number, path: string, source: TreeFile): void {
  const file = readable(path, () => openSync(path, 'r'));
  try {
    const length = readSync(file, chunk, at, source.size, 0);
    if (length !== source.size || isChanged(fstatSync(file), source)) throw sourceChanged(path);
  } finally {
    closeSync(file);
  }
}

function readable<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    throw new DabookError('command', `${path} cannot be read: ${messageOf(cause)}`, {
      hint: 'run again',
      cause,
    });
  }
}
