import { looksSecret } from '../looks-secret.ts';

/** Characters at the end of a line in which a name is looked for. */
const LONGEST_END = 500;
/** The name that a line of a mapping, or of an item of a list, begins with. */
const NAME = /^\s*(?:- +)*["']?([\w.-]+)["']?\s*:(?=\s|$)/;
/** A name at the end of a line, whose value is to follow: as it is, tagged, or as a text of several lines. */
const OPEN_NAME = /(?<![\w.-])([\w.-]+)["']?\s*[:=]\s*(?:[&!]\S+\s*)?(?:[|>][-+\d]*\s*)?(?:#.*)?$/;

/**
 * Whether a line stands below a name that is likely to hold a secret, as a part of its value: on the next line, deeper,
 * or as an item of a list. YAML that is broken there may be told of with that line.
 * @param above the lines above it, the nearest first
 * @example isBelowSecret('  hunter2', ['ansible_password:']) // true
 */
export function isBelowSecret(line: string, above: Iterable<string>): boolean {
  let indent = indentOf(line);
  let isOfList = isItem(line);
  let isNearest = true;
  for (const one of above) {
    if (/^\s*(#|$)/.test(one)) continue;
    if (isNearest && looksSecret(OPEN_NAME.exec(one.slice(-LONGEST_END))?.[1] ?? '')) return true;
    isNearest = false;
    const itsIndent = indentOf(one);
    // A list may stand as deep as its name.
    if (itsIndent < indent || (isOfList && itsIndent === indent && !isItem(one))) {
      if (looksSecret(NAME.exec(one)?.[1] ?? '')) return true;
      indent = itsIndent;
      isOfList = isItem(one);
    }
    if (indent === 0 && !isOfList) return false;
  }
  return false;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isItem(line: string): boolean {
  return /^\s*-(\s|$)/.test(line);
}
