import { counted } from '../counted.ts';
import { messageOf } from '../errors.ts';
import { editKnownHosts } from '../transport/edit-known-hosts.ts';
import { nameOf, type ShownKey } from '../transport/host-key.ts';
import type { ShownHost } from '../transport/ssh.ts';
import { visible } from '../visible.ts';
import type { Io } from './io.ts';
import { warn } from './warn.ts';

/** A key of a host, as it was shown to the operator. */
export interface HostKeyRow {
  readonly host: ShownHost['host'];
  readonly key: ShownKey;
}

/**
 * Writes keys that were confirmed, each to the file of its host.
 * @param isReplacing those that a host was known by instead are taken out, from whichever file
 * @returns whether they all are
 * @throws DabookError `command`
 */
export async function writeKnownKeys(
  io: Io,
  rows: readonly HostKeyRow[],
  isReplacing: boolean,
): Promise<boolean> {
  const old = isReplacing ? rows.flatMap(oldKeysOf) : [];
  const removeIn = (file: string) => old.filter((one) => one.file === file);
  const files = new Set(rows.map(({ host }) => host.knownHostsFile));
  for (const file of files) {
    const here = rows.filter(({ host }) => host.knownHostsFile === file);
    const add = here.map(({ host, key }) => ({ name: nameOf(host), type: key.type, blob: key.blob }));
    await editKnownHosts(file, add, removeIn(file));
    io.stdout.write(`${counted(here.length, 'key')} written to ${visible(file)}\n`);
  }
  let isGone = true;
  for (const file of new Set(old.map((one) => one.file))) {
    if (files.has(file)) continue;
    // Others may be the system's: the new key is good all the same, but so is the old one.
    await editKnownHosts(file, [], removeIn(file)).catch((error: unknown) => {
      isGone = false;
      const names = [...new Set(removeIn(file).map(({ name, line }) => `${name} (line ${line})`))].join(', ');
      warn(
        io,
        `the old keys in ${file} are trusted still: ${names}. Have them taken out: ${messageOf(error)}`,
      );
    });
  }
  return isGone;
}

/** The keys that one is written instead of, with the files that they are in. */
function oldKeysOf({ host, key }: HostKeyRow) {
  const name = nameOf(host);
  return key.instead.map(({ type, key, file, line }) => ({ name, type, key, file, line }));
}
