import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How many digits of a state's digest stand in the name of its archive: two states never share 48 bits. */
const shownDigits = 12;

/** A folder or a file of the control machine, as a path from its root. */
export function controlPath(place: string | URL): string {
  return resolve(place instanceof URL ? fileURLToPath(place) : place);
}

/** The name of an archive's file: `ha1-0f3a5c7e9b1d.tar.gz`. */
export function archiveName(name: string, digest: string): string {
  return `${encodeURIComponent(name)}-${digest.slice(0, shownDigits)}.tar.gz`;
}

/** Whether a file has the name of such an archive. */
export function isArchiveOf(name: string, file: string): boolean {
  const start = `${encodeURIComponent(name)}-`;
  return file.startsWith(start) && /^[0-9a-f]{12}\.tar\.gz$/.test(file.slice(start.length));
}
