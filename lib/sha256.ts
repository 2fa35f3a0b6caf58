import { createHash } from 'node:crypto';

/**
 * SHA-256 in hexadecimal digits, of bytes or of a text's UTF-8.
 * @example sha256Of('abc') // 'ba7816bf…'
 */
export function sha256Of(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
