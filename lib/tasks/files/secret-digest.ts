import { reveal, Secret } from '../../secret.ts';
import { sha256Of } from '../../sha256.ts';

/**
 * The SHA-256 of a secret text, in hexadecimal digits, itself a secret: a short password could be found
 * by trying. The text does not leave this function.
 */
export function secretDigest(text: Secret): Secret {
  return digestAsSecret(text.label, sha256Of(reveal(text)));
}

/** The checksum of something secret as a host tells it. */
export function digestAsSecret(label: string, sha256: string): Secret {
  return new Secret(`checksum of ${label}`, sha256);
}
