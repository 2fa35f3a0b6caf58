import { DabookError } from '../errors.ts';
import { isPinned, unpinnedKeys } from './judge-pinned.ts';
import type { KnownHosts, KnownKey } from './known-hosts.ts';
import type { HostKeyPin } from './session.ts';
import { shownKey, typeOf } from './shown-key.ts';
import { toTrust } from './to-trust.ts';

/** The host whose key is judged. */
export interface KeyedHost {
  /** As messages name it: `ha1 (da@10.0.0.1:22)`. */
  readonly shown: string;
  readonly address: string;
  readonly port: number;
  /** `HostKeyAlias`: the name in known_hosts where it is not the address. */
  readonly alias?: string | undefined;
  /** The keys that the inventory pins: these alone are trusted. */
  readonly pins?: readonly HostKeyPin[] | undefined;
  /** Where a key would be added. */
  readonly knownHostsFile: string;
}

/**
 * Judges the key that a host showed: undefined where it is the known one, else the error that refuses it,
 * with fingerprints and what would trust it. An unknown key is never trusted by itself.
 */
export function judgeHostKey(host: KeyedHost, blob: Buffer, known: KnownHosts): DabookError | undefined {
  const same = linesOf(host, blob, known);
  const revoked = same.find(({ marker }) => marker === 'revoked');
  if (revoked) {
    return refused(
      `the host key of ${host.shown} is revoked`,
      [`it showed ${shownKey(blob)}, revoked by ${placeOf(revoked)}`],
      ['do not connect: somebody else may hold this key'],
    );
  }
  if (host.pins) return isPinned(host.pins, blob) ? undefined : unpinnedKeys(host.shown, host.pins, [blob]);
  if (same.some(isTrusted)) return undefined;

  const own = known.keysOf(nameOf(host));
  const trusted = own.filter(isTrusted);
  const authority = own.find(({ marker }) => marker === 'cert-authority');
  const details = [
    `it showed ${shownKey(blob)}`,
    ...trusted.map((key) => `known is ${shownKey(Buffer.from(key.key, 'base64'))} by ${placeOf(key)}`),
    ...(authority
      ? [`the @cert-authority of ${placeOf(authority)} does not count: SSH certificates are not supported`]
      : []),
  ];
  const certified = authority
    ? ['to have its certificate checked, by ssh itself: ansible_connection: openssh']
    : [];
  const type = typeOf(blob);
  if (trusted.length === 0)
    return refused(`the host key of ${host.shown} is not known`, details, [...certified, ...toTrust(type)]);
  if (!trusted.some((key) => key.type === type))
    return refused(`${host.shown} is known by other types of host keys`, details, toTrust(type));
  return refused(`the host key of ${host.shown} has changed`, details, toTrust(type, { isChanged: true }));
}

/**
 * What is known of a key that a host showed. `changed`: the host is known by another one of that type; `other`: by those
 * of other types only. Of a host with pins: `pinned` is one of them, `unpinned` is none of them.
 */
export type KeyState = 'known' | 'new' | 'other' | 'changed' | 'revoked' | 'pinned' | 'unpinned';

/** A key that a host showed, and what is known of it. */
export interface ShownKey {
  readonly blob: Buffer;
  readonly type: string;
  /** `ED25519 SHA256:…`, as OpenSSH shows it. */
  readonly shown: string;
  readonly state: KeyState;
  /** Those that it is known by instead: of its type, where there are some. */
  readonly instead: readonly KnownKey[];
}

/**
 * Holds a key that a host showed against what is known.
 * @param isListed it is in a list of keys that are revoked
 */
export function standingOf(host: KeyedHost, blob: Buffer, known: KnownHosts, isListed: boolean): ShownKey {
  const same = linesOf(host, blob, known);
  const type = typeOf(blob);
  const own = known.keysOf(nameOf(host)).filter((key) => isTrusted(key) && !same.includes(key));
  const ofType = own.filter((key) => key.type === type);
  const isRevoked = isListed || same.some(({ marker }) => marker === 'revoked');
  const isKnown = same.some(isTrusted);
  const shown = shownKey(blob);
  if (host.pins && !isRevoked) {
    return { blob, type, shown, state: isPinned(host.pins, blob) ? 'pinned' : 'unpinned', instead: [] };
  }
  if (isRevoked || isKnown) return { blob, type, shown, state: isRevoked ? 'revoked' : 'known', instead: [] };
  if (ofType.length > 0) return { blob, type, shown, state: 'changed', instead: ofType };
  return { blob, type, shown, state: own.length > 0 ? 'other' : 'new', instead: own };
}

/**
 * Host key algorithms, those first that the host is known by: else it would show another key than the known one. Of
 * a host with pins none but those of its pins, unless it has a fingerprint, which may be of any.
 * @param keysOf what is known of a name; of what is not asked for, nothing is known
 */
export function algorithmsFor<Name extends string>(
  host: KeyedHost,
  keysOf: KnownHosts['keysOf'],
  supported: readonly Name[],
): Name[] {
  const { pins } = host;
  if (pins) {
    const wanted = pins.flatMap(({ type }) => type ?? []);
    const first = supported.filter((one) => wanted.includes(keyTypeOf(one)));
    const others = supported.filter((one) => !first.includes(one));
    return pins.some(({ type }) => type === undefined) ? [...first, ...others] : first;
  }
  const plain = plainNameOf(host);
  const own = keysOf(nameOf(host)).filter(isTrusted);
  const keys = own.length > 0 || plain === undefined ? own : keysOf(plain).filter(isTrusted);
  const types = new Set(keys.map(({ type }) => type));
  const isKnown = (algorithm: string) => types.has(keyTypeOf(algorithm));
  return [...supported.filter(isKnown), ...supported.filter((one) => !isKnown(one))];
}

/** The type of the keys that an algorithm signs with. */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

/**
 * The lines that say something of a key that a host showed. One that is known without a port is good on every port of which
 * no key is known, as in OpenSSH; a different one says nothing. Revoked is one under either name.
 */
function linesOf(host: KeyedHost, blob: Buffer, known: KnownHosts): readonly KnownKey[] {
  const own = known.linesOf(nameOf(host), blob);
  const plain = plainNameOf(host);
  if (plain === undefined) return own;
  const others = known.linesOf(plain, blob);
  // Asked for last: it is what costs.
  const isOutdone = others.some(isTrusted) && known.keysOf(nameOf(host)).some(isTrusted);
  return [...own, ...others.filter((line) => !isTrusted(line) || !isOutdone)];
}

function isTrusted({ marker }: KnownKey): boolean {
  return marker === 'none';
}

/** Its name without the port, where that is another one. */
function plainNameOf({ alias, address, port }: KeyedHost): string | undefined {
  return alias === undefined && port !== 22 ? address : undefined;
}

/** Its name in known_hosts files. */
export function nameOf({ alias, address, port }: Pick<KeyedHost, 'alias' | 'address' | 'port'>): string {
  return alias ?? (port === 22 ? address : `[${address}]:${port}`);
}

function placeOf({ file, line }: KnownKey): string {
  return `${file}:${line}`;
}

function refused(message: string, details: readonly string[], hints: readonly string[]): DabookError {
  return new DabookError('unreachable', `${message}: ${details.join('; ')}`, { hint: hints.join('\n') });
}
