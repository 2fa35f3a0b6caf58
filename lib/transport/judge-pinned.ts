import { DabookError } from '../errors.ts';
import type { HostKeyPin } from './session.ts';
import { fingerprintOf, kindOf, publicKeyFile, shownKey, typeOf } from './shown-key.ts';

/** Whether one of the pins of a host is this key. */
export function isPinned(pins: readonly HostKeyPin[], blob: Buffer): boolean {
  const fingerprint = fingerprintOf(blob);
  return pins.some((pin) => pin.fingerprint === fingerprint);
}

/** A pin, as messages show it: `ED25519 SHA256:… (hosts.yml:7)`. */
export function shownPin({ type, fingerprint, place }: HostKeyPin): string {
  return `${type === undefined ? '' : `${kindOf(type).toUpperCase()} `}${fingerprint} (${place})`;
}

/**
 * Refuses a host whose keys are none of those that the inventory pins for it.
 * @param shown what it showed: `ED25519 SHA256:…`
 * @param type of a key that it showed
 */
export function unpinned(
  host: string,
  pins: readonly HostKeyPin[],
  shown: readonly string[],
  type: string,
): DabookError {
  const pinned = pins.map(shownPin).join(', ');
  return new DabookError(
    'unreachable',
    `the host key of ${host} is none of those that the inventory pins: it showed ${shown.join(', ')}; pinned: ${pinned}`,
    {
      hint: [
        `this may be another machine; compare it on the host: ssh-keygen -lf ${publicKeyFile(type)}`,
        'if the host was set up anew, change its hostKey in the inventory',
      ].join('\n'),
    },
  );
}

/** {@link unpinned}, of the keys themselves. */
export function unpinnedKeys(
  host: string,
  pins: readonly HostKeyPin[],
  blobs: readonly Buffer[],
): DabookError {
  return unpinned(host, pins, blobs.map(shownKey), typeOf(blobs[0] ?? Buffer.alloc(0)));
}

/** Of a host whose pins are all of types that dabook's own SSH client has no algorithm for: those of security keys. */
export function unusablePins(host: string, pins: readonly HostKeyPin[]): DabookError {
  return new DabookError(
    'unreachable',
    `the host keys that the inventory pins for ${host} are of types that dabook cannot use by itself: ${pins.map(shownPin).join(', ')}`,
    { hint: 'have ssh itself connect: ansible_connection: openssh' },
  );
}
