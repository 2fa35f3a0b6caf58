import { basename } from 'node:path';
import { Secret } from '../../secret.ts';
import { sha256Of } from '../../sha256.ts';
import type { Content } from '../../step.ts';
import { readControlFile } from './control-file.ts';
import { secretDigest } from './secret-digest.ts';

/** Larger texts are not shown by `--diff`. Bytes. */
export const shownLimit = 256 * 1024;

/** What a file is to hold. */
export interface FileSource {
  readonly content: Content;
  /** In hexadecimal digits; a secret where the content is one. */
  readonly sha256: string | Secret;
  /** The text, where it is one that may be shown. */
  readonly text?: string | undefined;
  /** The name of the file that it comes from. */
  readonly name?: string;
}

/** The content of a file on the control machine. */
export function controlSource(src: string | URL): FileSource {
  const { path, sha256, head } = readControlFile(src, shownLimit + 1);
  return { content: { from: 'control', path, sha256 }, sha256, text: shownText(head), name: basename(path) };
}

/** A text, or a secret, as the content of a file. */
export function textSource(text: string | Secret): FileSource {
  if (text instanceof Secret)
    return { content: { from: 'secret', secret: text }, sha256: secretDigest(text) };
  const bytes = Buffer.from(text);
  return { content: { from: 'text', text }, sha256: sha256Of(bytes), text: shownText(bytes) };
}

/** Bytes as a text that may be shown: no binary content, nothing that is too large. */
export function shownText(bytes: Buffer): string | undefined {
  if (bytes.length > shownLimit) return undefined;
  const text = bytes.toString();
  return /[\0\uFFFD]/.test(text) ? undefined : text;
}
