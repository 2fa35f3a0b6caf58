import { isIPv6 } from 'node:net';

/** What a host's key in an inventory stands for, or what is wrong with it. */
export type HostPattern =
  | { readonly names: readonly string[]; readonly port?: number | undefined }
  | { readonly wrong: string };

const MOST_HOSTS = 100_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Expands a host's key: ranges, which include their end, and a port after a colon.
 * @example readHostPattern('web[01:03]')  // { names: ['web01', 'web02', 'web03'] }
 * @example readHostPattern('n[a:e:2]')    // { names: ['na', 'nc', 'ne'] }
 * @example readHostPattern('db1:2222')    // { names: ['db1'], port: 2222 }
 */
export function readHostPattern(pattern: string): HostPattern {
  // what most are: neither a range nor a port, nor an address of version 6
  if (/^[\w.-]+$/.test(pattern)) return { names: [pattern] };
  if (isIPv6(pattern)) return { names: [pattern] };
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(pattern);
  if (bracketed?.[1] !== undefined && isIPv6(bracketed[1])) {
    return { names: [bracketed[1]], port: numberOf(bracketed[2]) };
  }
  // colons within brackets belong to a range; other colons before the port, to an IPv6 address
  const [, name = pattern, port] = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(pattern) ?? [];
  const names = expand(name);
  return typeof names === 'string' ? { wrong: names } : { names, port: numberOf(port) };
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

/** The names, or a sentence about what is wrong. */
function expand(pattern: string): readonly string[] | string {
  const parts = pattern.split(/\[([^\]]*)\]/);
  let names = [parts[0] ?? ''];
  for (let index = 1; index < parts.length; index += 2) {
    const range = readRange(parts[index] ?? '');
    if (typeof range === 'string') return range;
    if (names.length * range.length > MOST_HOSTS) return `it stands for more than ${MOST_HOSTS} hosts`;
    names = names.flatMap((name) => range.map((item) => name + item + (parts[index + 1] ?? '')));
  }
  if (parts.some((part, index) => index % 2 === 0 && /[[\]]/.test(part))) return 'a bracket is not closed';
  return names;
}

function readRange(range: string): readonly string[] | string {
  const [begin = '', end = '', step = '1', ...more] = range.split(':');
  const shown = `the range [${range}]`;
  if (!range.includes(':') || more.length > 0) return `${shown} is not begin:end or begin:end:step`;
  if (end === '') return `${shown} has no end`;
  if (!/^\d+$/.test(step) || Number(step) === 0)
    return `${shown} has the step "${step}", which is not 1 or more`;
  const isNumeric = /^\d*$/.test(begin) && /^\d+$/.test(end);
  const isAlphabetic = /^[a-zA-Z]$/.test(begin) && /^[a-zA-Z]$/.test(end);
  if (!isNumeric && !isAlphabetic) return `${shown} is neither of two numbers nor of two single letters`;
  const isPadded = isNumeric && begin.length > 1 && begin.startsWith('0');
  if (isPadded && begin.length !== end.length) {
    return `${shown} starts with a padded number, so its end must have ${begin.length} digits too`;
  }
  const first = isNumeric ? Number(begin || '0') : LETTERS.indexOf(begin);
  const last = isNumeric ? Number(end) : LETTERS.indexOf(end);
  if (first > last) return `${shown} ends before it begins`;
  if ((last - first) / Number(step) >= MOST_HOSTS) return `${shown} has more than ${MOST_HOSTS} hosts`;
  const items: string[] = [];
  for (let at = first; at <= last; at += Number(step)) {
    items.push(isNumeric ? String(at).padStart(isPadded ? begin.length : 0, '0') : LETTERS.charAt(at));
  }
  return items;
}
