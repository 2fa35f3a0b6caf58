import type { BigIntStats } from 'node:fs';

/**
 * What a file of the control machine looks like from outside: another file in its place, and another content, give
 * another stamp. So do other permissions.
 */
export function fileStamp({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
