import { DabookError } from '../errors.ts';

/**
 * The text of bytes that are a secret: one line break at the end is none of it.
 * @param shown where they come from, in messages
 * @throws DabookError `inventory` where nothing is left, or where it is no text
 */
export function textOfSecret(bytes: Uint8Array, shown: string): string {
  return withoutBreak(wholeTextOfSecret(bytes, shown));
}

/**
 * The text of bytes that somebody encrypted as a secret: a line break at the end is a part of it.
 * @param shown where they come from, in messages
 * @throws DabookError `inventory` where there is nothing else, or where it is no text
 */
export function wholeTextOfSecret(bytes: Uint8Array, shown: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DabookError('inventory', `${shown} gives no text in UTF-8`, {
      hint: 'encode what is no text: base64, for instance',
    });
  }
  if (withoutBreak(text) === '') throw new DabookError('inventory', `${shown} gives nothing`);
  return text;
}

function withoutBreak(text: string): string {
  return text.replace(/\r?\n$/, '');
}
