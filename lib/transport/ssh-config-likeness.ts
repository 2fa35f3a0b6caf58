import { globMatches } from '../glob.ts';

/**
 * Tells of which hosts an ssh configuration says the same: those with the same answer. undefined for a host that
 * it may treat in a way of its own.
 */
export type Likeness = (host: string, sshOptions: readonly string[]) => string | undefined;

/** Whatever makes a difference between hosts that its `Host` lines do not tell. */
const special = /^(include|match|canonical\w*)$/;
/** Tokens that stand for something of the host, in settings that are honoured. */
const hostToken = /%[^%dLlui]/;
const tokened =
  /^(hostname|user|identityfile|identityagent|proxyjump|userknownhostsfile|globalknownhostsfile|hostkeyalias|revokedhostkeys)$/;

/**
 * Reads the files of an ssh configuration for the patterns of their `Host` lines, and for nothing else: what they
 * say is asked of the ssh program. In doubt, all hosts are different.
 */
export function likenessOf(texts: readonly string[]): Likeness {
  const lines = texts.flatMap((text) => [...linesIn(text)]);
  const names = lines.filter(({ keyword }) => keyword === 'hostname').map(({ value }) => value);
  const patterns = lines
    .filter(({ keyword }) => keyword === 'host')
    .flatMap(({ value }) => value.split(/\s+/))
    .map((pattern) => pattern.replace(/^!/, ''));
  const isSpecial = lines.some(
    ({ keyword, value }) => special.test(keyword) || (tokened.test(keyword) && hostToken.test(value)),
  );
  if (isSpecial || !patterns.every((pattern) => /^[\w.:*?-]+$/.test(pattern))) return () => undefined;

  const exact = new Set([...names, ...patterns.filter((pattern) => !/[*?]/.test(pattern))]);
  const globs = [...new Set(patterns.filter((pattern) => /[*?]/.test(pattern)))];
  return (host, sshOptions) => {
    // ssh changes other names before it compares them.
    const isPlain =
      /^[a-z0-9._-]+$/.test(host) && !sshOptions.some((one) => /%|^-F|canonical|hostname/i.test(one));
    if (!isPlain || exact.has(host)) return undefined;
    return JSON.stringify([globs.map((glob) => globMatches(glob, host)), sshOptions]);
  };
}

function* linesIn(text: string): Generator<{ readonly keyword: string; readonly value: string }> {
  for (const line of text.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue;
    // What cannot be read here may be anything.
    const [, keyword = 'match', value = ''] = /^\s*([a-z]\w*)(?:\s*=\s*|\s+)(.*?)\s*$/i.exec(line) ?? [];
    yield { keyword: keyword.toLowerCase(), value };
  }
}
