import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Secret } from '../../secret.ts';
import { sha256Of } from '../../sha256.ts';
import type { Content } from '../../step.ts';
import { controlFile } from './control-file.ts';
import { secretDigest } from './secret-digest.ts';

/** Larger texts are not shown by `--diff`. Bytes. */
export const shownLimit = 256 * 1024;

/** Bytes from which on it matters how fast a checksum is made. */
const largeFrom = 4 * 2 ** 20;

/** What a file is to hold. */
export interface FileSource {
  readonly content: Content;
  /** In hexadecimal digits; a secret where the content is one. */
  readonly sha256: string | Secret;
  /** True where it may have a text that may be shown. */
  readonly isShort: boolean;
  readonly isLarge: boolean;
  /** The text, where it is one that may be shown. Of a file it is read when it is first asked for. */
  readonly text?: string | undefined;
  /** The name of the file that it comes from. */
  readonly name?: string;
}

/** The content of a file on the control machine. */
export function controlSource(src: string | URL): FileSource {
  const { path, sha256, size } = controlFile(src);
  const isShort = size <= shownLimit;
  let read: { readonly text: string | undefined } | undefined;
  return {
    content: { from: 'control', path, sha256 },
    sha256,
    isShort,
    isLarge: size > largeFrom,
    // Most files are as they should be: what is in them is of no interest then, and need not be kept for each host.
    get text() {
      read ??= { text: shownTextOf(path, sha256) };
      return read.text;
    },
    name: basename(path),
  };
}

/** A text, or a secret, as the content of a file. */
export function textSource(text: string | Secret): FileSource {
  if (text instanceof Secret) {
    const content = { from: 'secret', secret: text } as const;
    return { content, sha256: secretDigest(text), isShort: false, isLarge: false };
  }
  const bytes = Buffer.from(text);
  const shown = shownText(bytes);
  return {
    content: { from: 'text', text },
    sha256: sha256Of(bytes),
    isShort: shown !== undefined,
    isLarge: false,
    text: shown,
  };
}

/** The text of a file of the control machine that may be shown, as long as it is still the one with this checksum. */
export function shownTextOf(path: string, sha256: string): string | undefined {
  try {
    if (statSync(path).size > shownLimit) return undefined;
    const bytes = readFileSync(path);
    return sha256Of(bytes) === sha256 ? shownText(bytes) : undefined;
  } catch {
    // It is told when it is to be sent.
    return undefined;
  }
}

/** Bytes as a text that may be shown: no binary content, nothing that is too large. */
export function shownText(bytes: Buffer): string | undefined {
  if (bytes.length > shownLimit) return undefined;
  const text = bytes.toString();
  return /[\0\uFFFD]/.test(text) ? undefined : text;
}
