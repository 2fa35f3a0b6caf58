import { createCipheriv } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const isRoot = process.getuid?.() === 0;
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

/** Who has what is somebody else's: nobody else where only root can give things away. */
export const other = isRoot ? 1003 : uid;

/** The file was changed then, in seconds since 1970. */
export const longAgo = 1_000_000;

/** Writes a file; folders that are missing are made with mode 0755. */
export function file(
  folder: string,
  path: string,
  content: string | Buffer,
  mode = 0o644,
  owner: readonly [number, number] = [uid, gid],
): void {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true, mode: 0o755 });
  writeFileSync(place, content);
  chownSync(place, ...owner);
  // After the change of owner, which clears set-id bits.
  chmodSync(place, mode);
  utimesSync(place, longAgo, longAgo);
}

/** Makes a folder. */
export function folder(
  place: string,
  path: string,
  mode = 0o755,
  owner: readonly [number, number] = [uid, gid],
) {
  mkdirSync(join(place, path), { recursive: true, mode: 0o755 });
  chownSync(join(place, path), ...owner);
  chmodSync(join(place, path), mode);
}

export function link(place: string, path: string, to: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  rmSync(join(place, path), { force: true });
  symlinkSync(to, join(place, path));
}

/** So many MiB of bytes that no program packs: the same each time. */
export function bytes(mebibytes: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(mebibytes * 2 ** 20));
}
