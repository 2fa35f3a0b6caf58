import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file of a lab host, or a folder (its path ends in `/`), with the owner and mode that it will have there. */
export interface SeedFile {
  readonly path: string;
  readonly text?: string;
  /** 0644 for files and 0755 for folders by default. */
  readonly mode?: number;
  /** uid and gid; 0 by default. */
  readonly owner?: number;
}

/** Writes files into a folder that is laid over a host's root when it starts. Folders not named are root's, 0755. */
export async function writeSeed(root: string, files: readonly SeedFile[]): Promise<void> {
  for (const { path, text = '', mode, owner = 0 } of files) {
    const target = `${root}${path}`;
    const isFolder = path.endsWith('/');
    await makeFolders(isFolder ? target.slice(0, -1) : dirname(target));
    if (!isFolder) await writeFile(target, text);
    await chmod(target, mode ?? (isFolder ? 0o755 : 0o644));
    await chown(target, owner, owner);
  }
}

/** Like `mkdir -p`, but what it makes has its mode whatever the caller's umask is. */
async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
    await chmod(folder, 0o755);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'EEXIST') return;
    if (error.code !== 'ENOENT') throw error;
    await makeFolders(dirname(folder));
    await makeFolders(folder);
  }
}
