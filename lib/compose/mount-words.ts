import { posix } from 'node:path';
import type { ComposeMount } from './compose-config.ts';

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/**
 * The mount of a short entry: `/path`, `name:/path`, `./folder:/path:ro`. A single letter before a colon is
 * a drive, as docker has it. Unknown options are read over, as docker does.
 * @throws Error for what is no mount
 */
export function mountWords(entry: string): ComposeMount {
  if (entry === '') throw new Error('an empty entry is no mount');
  if (entry.length <= 2) return { type: 'volume', target: entry };
  const parts = splitAtColons(entry);
  const [first = '', second, options, ...more] = parts;
  if (parts.includes('')) throw new Error(`'${entry}' has nothing between two colons`);
  if (more.length > 0) throw new Error(`'${entry}' has too many colons`);
  if (second === undefined) return { type: 'volume', target: first };
  const chosen = (options ?? '').split(',');
  const propagation = chosen.findLast((option) => propagations.includes(option));
  const access = chosen.findLast((option) => option === 'ro' || option === 'rw');
  return {
    type: isPath(first) ? 'bind' : 'volume',
    source: first,
    target: second,
    ...(access === 'ro' ? { read_only: true } : {}),
    ...(propagation === undefined ? {} : { bind: { propagation } }),
    ...(chosen.includes('nocopy') ? { volume: { nocopy: true } } : {}),
  };
}

function splitAtColons(entry: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (const char of entry) {
    const isDrive = char === ':' && /^\p{L}$/u.test(part);
    if (char !== ':' || isDrive) part += char;
    else {
      parts.push(part);
      part = '';
    }
  }
  return [...parts, part];
}

function isPath(source: string): boolean {
  return /^([./~]|\\\\|\p{L}:)/u.test(source);
}

/**
 * The absolute path of a bind's source.
 * @param dir the folder of the first compose file
 * @throws Error for a home folder, which only docker's own merging knows
 */
export function absoluteSource(source: string, dir: string): string {
  if (source.startsWith('~')) throw new Error(`'${source}' depends on a home folder: write the whole path`);
  return posix.isAbsolute(source) || /^[a-z]:/i.test(source) ? source : posix.join(dir, source);
}
