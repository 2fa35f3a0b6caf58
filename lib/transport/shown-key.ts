import { createHash } from 'node:crypto';

/** The first field of a key: its type. */
export function typeOf(blob: Buffer): string {
  return blob.length < 4 ? 'unknown' : blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
}

/** `SHA256:…`, as OpenSSH shows it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The kind of a type of keys: `ed25519`, `ecdsa`, `rsa`. */
export function kindOf(type: string): string {
  return type.startsWith('ecdsa-') ? 'ecdsa' : type.replace(/^ssh-/, '');
}

/** `ED25519 SHA256:…`, as OpenSSH shows a key. */
export function shownKey(blob: Buffer): string {
  return `${kindOf(typeOf(blob)).toUpperCase()} ${fingerprintOf(blob)}`;
}

/** Where a host keeps the public half of its key. */
export function publicKeyFile(type: string): string {
  return `/etc/ssh/ssh_host_${kindOf(type)}_key.pub`;
}
