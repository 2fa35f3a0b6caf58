import { resolve } from 'node:path';
import { whyNoVault } from '../secrets/open-vault.ts';
import { shellWords } from '../shell-words.ts';
import type { Findings } from './findings.ts';
import { hideSecrets } from './hide-secrets.ts';
import { LateSecret, type SecretSource } from './late-secret.ts';
import { mayQuote, type Place } from './place.ts';

/** Characters of a label. */
const LONGEST = 60;
const TAGS = ['!env', '!file', '!exec', '!vault', '!vault-encrypted'];
const HINTS: Readonly<Record<string, string>> = {
  '!env': 'write the name of an environment variable: !env DB_PASSWORD',
  '!file': 'write the path of a file that holds nothing else: !file secrets/db.txt',
  '!exec': 'write a command that prints it: !exec pass show db',
};

/** Whether a tag of YAML says that its value is a secret, and where it is got. */
export function isSecretTag(tag: string | undefined): boolean {
  return tag !== undefined && TAGS.includes(tag);
}

/**
 * The secret that a tagged text names. Nothing is read yet.
 * @returns nothing where the text names none, which `findings` then has
 */
export function taggedSecret(
  tag: string,
  text: string,
  place: Place,
  findings: Findings,
): LateSecret | undefined {
  const read = sourceOf(tag, text, place);
  if (typeof read === 'string') {
    findings.fault(`${tag} ${read}`, place, HINTS[tag] ?? 'paste all lines that ansible-vault printed');
    return undefined;
  }
  const { file, sealed, folder = '', lines } = place.source;
  const where = `${file}:${lines.linePos(place.offset).line}`;
  // What an encrypted file names is as secret as all else in it.
  const shown =
    sealed !== undefined || read.from === 'vault'
      ? `${read.from} ${where}`
      : cut(`${read.from} ${text.trim()}`);
  return new LateSecret(shown, { source: read, folder, place, shown });
}

/** In words, what is wrong with it. */
function sourceOf(tag: string, text: string, place: Place): SecretSource | string {
  const word = text.trim();
  switch (tag) {
    case '!env':
      return /^[A-Za-z_]\w*$/.test(word)
        ? { from: 'env', name: word }
        : 'takes the name of an environment variable';
    case '!file':
      // Of the home folder only who reads it knows.
      if (word === '') return 'takes the path of a file';
      return { from: 'file', path: word.startsWith('~/') ? word : resolve(place.source.folder ?? '', word) };
    case '!exec':
      return commandOf(word);
    default:
      return whyNoVault(text, mayQuote(place)) ?? { from: 'vault', text };
  }
}

function commandOf(line: string): SecretSource | string {
  try {
    const words = shellWords(line);
    return words.length === 0 ? 'takes a command' : { from: 'exec', words };
  } catch {
    return 'has a quote that is not closed';
  }
}

function cut(text: string): string {
  const shown = hideSecrets(text).replace(/\s+/g, ' ');
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
