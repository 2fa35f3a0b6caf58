import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { manifestName } from '../../../lib/tasks/backup/read-archive.ts';
import { tarMembers } from '../../../lib/tasks/backup/tar-members.ts';
import { isTemporary, type Place } from './place.ts';

/** A line for each thing, by its path. */
export type Snapshot = Readonly<Record<string, string>>;

/**
 * All that is on the host and on the control machine: type, mode, owner and group, and of a file size, SHA-256 and, where
 * that is meant to be kept, when it was changed; of a link where it points to. Not what is temporary. Of an archive
 * it is what is in it: when its first member was made is in its bytes.
 * @param isTimed whether it matters when the file at a path was changed
 */
export async function snapshotOf(at: Place, isTimed: (path: string) => boolean): Promise<Snapshot> {
  const lines: Record<string, string> = {};
  const look = async (path: string): Promise<void> => {
    const stats = lstatSync(path);
    const words = [(stats.mode & 0o177777).toString(8), `${stats.uid}:${stats.gid}`];
    if (stats.isSymbolicLink()) words.push(`-> ${readlinkSync(path)}`);
    if (stats.isFile()) words.push(...(await contentOf(path)));
    if (stats.isFile() && isTimed(path)) words.push(`at ${stats.mtimeMs}`);
    lines[relative(at.root, path)] = words.join(' ');
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(path)) if (!isTemporary(name)) await look(join(path, name));
  };
  for (const folder of [at.host, at.control]) await look(folder);
  return lines;
}

async function contentOf(path: string): Promise<readonly string[]> {
  const bytes = readFileSync(path);
  const members = path.endsWith('.tar.gz') ? await membersOf(bytes).catch(() => undefined) : undefined;
  if (members === undefined) return [`${bytes.length}`, digest(bytes)];
  return [`${members.length} members`, digest(Buffer.from(members.sort().join('\n')))];
}

/** What an archive has. Folders are changed by what is restored in them: their times are not compared. */
async function membersOf(archive: Buffer): Promise<string[]> {
  const members: string[] = [];
  for await (const { name, type, content, mtime } of tarMembers(Readable.from([gunzipSync(archive)]))) {
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(piece);
    const isTimed = type === 'file' && name !== manifestName;
    members.push(`${name} ${digest(Buffer.concat(pieces))} ${isTimed ? mtime : ''}`);
  }
  return members;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
