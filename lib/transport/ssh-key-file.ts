import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ParsedKey } from 'ssh2';
import { messageOf } from '../errors.ts';

/** What is in a key file. */
export type KeyFile =
  | { readonly kind: 'private'; readonly key: ParsedKey }
  | {
      /** It cannot be used from here; an agent may hold it, which knows a key by its public half. */
      readonly kind: 'unusable' | 'encrypted' | 'missing';
      readonly why: string;
      readonly publicKey?: ParsedKey | undefined;
    };

/** Makes the function that reads a key file, once for all hosts: parsing one costs as much as a part of a handshake. */
export function createKeyReader(): (file: string) => Promise<KeyFile> {
  const files = new Map<string, Promise<KeyFile>>();
  return (file) => {
    const read = files.get(file) ?? readKeyFile(file);
    files.set(file, read);
    return read;
  };
}

async function readKeyFile(file: string): Promise<KeyFile> {
  const { default: ssh2 } = await import('ssh2');
  const { parseKey } = ssh2.utils;
  let missing: string | undefined;
  const text = await readFile(file).catch((error: unknown) => {
    missing = messageOf(error);
    return '';
  });
  const key: ParsedKey | Error = parseKey(text);
  if (!(key instanceof Error) && key.isPrivateKey()) return { kind: 'private', key: signingFast(key) };
  const half = key instanceof Error ? parseKey(await readFile(`${file}.pub`).catch(() => '')) : key;
  const publicKey = half instanceof Error ? undefined : half;
  if (missing !== undefined) return { kind: 'missing', why: missing, publicKey };
  if (!(key instanceof Error)) return { kind: 'unusable', why: 'it is a public key', publicKey };
  const encrypted = /encrypted|passphrase/i.test(key.message);
  return encrypted
    ? { kind: 'encrypted', why: 'it is encrypted', publicKey }
    : { kind: 'unusable', why: key.message, publicKey };
}

/** ssh2 has the key parsed anew for each signature: for ed25519 that takes ten times as long as the signature. */
function signingFast(key: ParsedKey): ParsedKey {
  if (key.type !== 'ssh-ed25519') return key;
  const own = createPrivateKey(key.getPrivatePEM());
  key.sign = (data) => sign(null, Buffer.from(data), own);
  return key;
}
