import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { DabookError, messageOf } from './errors.ts';
import { readPieces, sourceChanged } from './read-pieces.ts';
import type { TreeFile, TreeStep } from './step.ts';
import { padded, tarBlock, tarHeader } from './tar-header.ts';
import type { StdinStream } from './transport/session.ts';
import type { TreeLayout, TreeMember } from './tree-layout.ts';

/** Bytes that are sent at once. Files of this size and more are read by themselves. */
const chunkSize = 2 ** 18;
/** With which a tar archive ends. */
const end = Buffer.alloc(2 * tarBlock);

/**
 * What the command of `treeScript` reads: a tar archive of the plan, the names of the files, and the files
 * themselves, each read from the control machine as it is sent.
 * @throws DabookError `command` for a file that cannot be read or is not any more what it was, here and from `chunks`
 */
export function packTree({ from }: TreeStep, { members, plan }: TreeLayout): StdinStream {
  // Before anything is sent: a command that is under way is not told why its stdin ends, it is killed.
  for (const each of members) if ('file' in each) refuseChanged(join(from, each.file.path), each.file);
  const names = members.flatMap((member) => ('file' in member ? `./${member.name}\0` : []));
  const head = [...member('plan', plan), ...member('names', names.join(''))];
  const ahead = members.map(headerOf);
  const bytes = [...head, ...ahead, end].reduce((all, { length }) => all + length, 0);
  const contents = members.reduce((all, each) => all + ('file' in each ? padded(each.file.size) : 0), 0);

  async function* chunks(): AsyncGenerator<Buffer> {
    let parts = [...head];
    let length = 0;
    const take = (): Buffer => {
      const chunk = Buffer.concat(parts);
      parts = [];
      length = 0;
      return chunk;
    };
    const add = (part: Buffer) => {
      parts.push(part);
      length += part.length;
    };
    for (const [index, each] of members.entries()) {
      add(ahead[index] ?? Buffer.alloc(0));
      if ('folder' in each) continue;
      const { file } = each;
      const path = join(from, file.path);
      if (file.size < chunkSize) add(readWhole(path, file));
      else {
        yield take();
        yield* readPieces(path, file.size);
      }
      add(Buffer.alloc(padded(file.size) - file.size));
      if (length >= chunkSize) yield take();
    }
    add(end);
    yield take();
  }
  return { size: bytes + contents, chunks };
}

function headerOf(member: TreeMember): Buffer {
  if ('file' in member) {
    const { size, mode, mtime } = member.file;
    return tarHeader(member.name, { type: 'file', size, mode: Number.parseInt(mode, 8), mtime });
  }
  const mode = Number.parseInt(member.folder.mode ?? '0755', 8);
  return tarHeader(`${member.name}/`, { type: 'directory', size: 0, mode, mtime: now() });
}

/** A member that is no file of the control machine. */
function member(name: string, text: string): Buffer[] {
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
function readWhole(path: string, source: TreeFile): Buffer {
  const file = readable(path, () => openSync(path, 'r'));
  try {
    const bytes = Buffer.allocUnsafe(source.size);
    const length = readSync(file, bytes, 0, source.size, 0);
    if (length !== source.size || isChanged(fstatSync(file), source)) throw sourceChanged(path);
    return bytes;
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
