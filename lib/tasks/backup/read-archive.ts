import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isRecord } from '../../equal.ts';
import type { Json } from '../../events.ts';
import { parseListing, type SavedFile } from './parse-listing.ts';
import type { SavedPaths } from './saved-paths.ts';
import { tarMembers } from './tar-members.ts';

/** What an archive says of itself, in its first member. */
export interface Manifest extends SavedPaths {
  /** The host's name in the inventory. */
  readonly host: string;
  /** Of the state that it holds: files, paths and notes. SHA-256 in hexadecimal digits. */
  readonly digest: string;
  /** Those of the paths at which nothing was. */
  readonly missing: readonly string[];
  /** What the playbook noted down with it. */
  readonly notes: Json;
  /** All that it holds, in order of the paths. */
  readonly files: readonly SavedFile[];
}

/** Name of the member that tells of the others. */
export const manifestName = 'dabook-backup.json';

/** More than a listing of a host may have. Bytes. */
const mostManifest = 64 * 2 ** 20;

/** A backup that was read whole, and is sound. */
export interface ReadArchive {
  readonly manifest: Manifest;
  /** Of the archive itself, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Reads a backup whole, and compares every file in it with its checksum. However big it is, little more than
 * its manifest is held in memory.
 * @param path of a tar.gz that a backup made
 * @throws Error that says what is wrong with it
 */
export async function readArchive(path: string): Promise<ReadArchive> {
  const hash = createHash('sha256');
  const file = createReadStream(path, { highWaterMark: 2 ** 18 });
  const manifest = await pipeline(
    file,
    async function* (bytes: AsyncIterable<Buffer>) {
      for await (const chunk of bytes) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createGunzip({ chunkSize: 2 ** 18 }),
    readTar,
  );
  return { manifest, sha256: hash.digest('hex') };
}

async function readTar(tar: AsyncIterable<Buffer>): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const held = new Map<string, { readonly sha256: string | undefined; readonly mtime: number }>();
  for await (const { name, type, content, mtime, sameAs } of tarMembers(tar)) {
    if (manifest === undefined) {
      if (name !== manifestName) throw new Error(`it does not begin with ${manifestName}: it is no backup`);
      manifest = parseManifest(await textOf(content));
      continue;
    }
    const sha256 = type === 'file' ? await digestOf(content) : held.get(pathOf(sameAs))?.sha256;
    held.set(pathOf(name), { sha256: type === 'other' ? undefined : sha256, mtime });
  }
  if (manifest === undefined) throw new Error('it is empty');
  const files = manifest.files.map((file) => {
    const found = held.get(file.path);
    if (found === undefined) throw new Error(`it lacks ${file.path}`);
    if (found.sha256 !== file.sha256) throw new Error(`it holds another ${file.path} than it says`);
    return { ...file, mtime: found.mtime };
  });
  return { ...manifest, files };
}

async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > mostManifest) throw new Error(`its ${manifestName} is too big to be one of a backup`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

async function digestOf(content: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of content) hash.update(piece);
  return hash.digest('hex');
}

/** `./opt/nexus/` as everybody writes it. */
function pathOf(name: string): string {
  return name.replace(/^\.?\/?/, '/').replace(/(?<=.)\/$/, '');
}

function parseManifest(text: string): Manifest {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error(`its ${manifestName} is no object`);
  const { version, host, digest, paths, exclude, missing, notes, listing } = value;
  if (version !== 1) {
    throw new Error(`its format is version ${JSON.stringify(version)}: it is of a newer dabook`);
  }
  if (
    typeof host !== 'string' ||
    typeof digest !== 'string' ||
    !areTexts(paths) ||
    !areTexts(exclude) ||
    !areTexts(missing) ||
    !areTexts(listing)
  ) {
    throw new Error(`its ${manifestName} lacks what a backup says of itself`);
  }
  const files = parseListing(listing, paths).files.filter(({ type }) => type !== 'other');
  return { host, digest, paths, exclude, missing, notes: (notes ?? null) as Json, files };
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
