import { writeFile } from 'node:fs/promises';
import { keyTypeOf } from './host-key.ts';
import type { HostKeyPin } from './session.ts';

/** The keys that a host is pinned to, and what it is asked for. */
export interface OpensshPins {
  readonly pins: readonly HostKeyPin[];
  /** Types of keys that it showed, and that were none of them. */
  readonly shown: readonly string[];
  /** `KnownHostsCommand` of the ssh configuration, which does not count. */
  readonly knownHostsCommand?: string | undefined;
}

/** Of plain keys: a certificate would say nothing of the key that is pinned. */
const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** What a host with pins is asked for; of a fingerprint nobody knows the type. */
export function pinnedAlgorithms({ pins, shown }: OpensshPins): readonly string[] {
  const types = pins.flatMap(({ type }) => type ?? []);
  const first = algorithms.filter((one) => types.includes(keyTypeOf(one)));
  const others = algorithms.filter((one) => !first.includes(one));
  const all = pins.some(({ type }) => type === undefined) ? [...first, ...others] : first;
  return all.filter((one) => !shown.includes(keyTypeOf(one)));
}

/**
 * Writes the files that make ssh trust pinned keys and no others.
 * @param path of the one that is known_hosts; others have it as the beginning of their names
 * @param revoked lines of known_hosts that revoke keys
 * @returns options of ssh, as `-o` takes them
 */
export async function pinFiles(path: string, all: OpensshPins, revoked: string): Promise<readonly string[]> {
  // OpenSSH reads no key without its padding.
  const keys = all.pins.flatMap(({ type, key }) =>
    key === undefined ? [] : [`* ${type} ${Buffer.from(key, 'base64').toString('base64')}\n`],
  );
  await writeFile(path, `${keys.join('')}${revoked}`, { mode: 0o600 });
  const prints = all.pins.filter(({ key }) => key === undefined).map(({ fingerprint }) => fingerprint);
  const options = [
    `UserKnownHostsFile="${escaped(path)}"`,
    'GlobalKnownHostsFile=/dev/null',
    `HostKeyAlgorithms=${pinnedAlgorithms(all).join(',')}`,
  ];
  // Not known to ssh before 8.5: where nobody uses it nothing is said of it.
  const none = all.knownHostsCommand === undefined ? [] : ['KnownHostsCommand=none'];
  if (prints.length === 0) return [...options, ...none];
  // Nothing but ssh itself knows the key of a fingerprint: it tells the command both.
  const script = `case $1 in ${prints.join(' | ')}) echo "* $2 $3" ;; esac\n`;
  await writeFile(`${path}.sh`, script, { mode: 0o600 });
  return [...options, `KnownHostsCommand=/bin/sh "${escaped(`${path}.sh`)}" %f %t %K`];
}

function escaped(path: string): string {
  return path.replaceAll('%', '%%');
}
