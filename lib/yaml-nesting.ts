import { Lexer } from 'yaml';

/** Collections within each other: far above any real file, far below what the stack of a process can bear. */
export const deepestYaml = 250;

/** What the lexer puts beside the words of a text, and a byte order mark. */
const MARKS = '\x02\x18\x1f\ufeff';

/**
 * Where a YAML text nests deeper than {@link deepestYaml}; nothing where it does not. To be asked before the library reads
 * a text of others: it descends a level at a time, and at the end of the stack it is not only an error that comes of it,
 * which could be caught, but now and then the end of the process.
 * @returns the offset of the first line that does
 */
export function tooDeepAt(text: string): number | undefined {
  return mayBeDeep(text) ? deepLine(text) : undefined;
}

/** Whether it could be, from its signs alone, wherever they stand. Costs next to nothing. */
function mayBeDeep(text: string): boolean {
  let open = 0;
  let lead = 0;
  let colons = 0;
  let isLead = true;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x0a: // a line break
        isLead = true;
        lead = 0;
        colons = 0;
        break;
      case 0x5b: // [
      case 0x7b: // {
        isLead = false;
        open += 1;
        if (open > deepestYaml) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        isLead = false;
        if (open > 0) open -= 1;
        break;
      case 0x3a: // :
        isLead = false;
        colons += 1;
        if (colons > deepestYaml) return true;
        break;
      case 0x20: // a blank
      case 0x09: // a tab
      case 0x0d: // a carriage return, which is a line break to nobody here
      case 0x2d: // -
      case 0x3f: // ?
        lead += 1;
        // A level takes one column at least.
        if (isLead && lead > deepestYaml / 2) return true;
        break;
      default:
        isLead = false;
    }
  }
  return false;
}

/** By its words, as the library takes them apart: what stands in quotes, comments or a block of text nests nothing. */
function deepLine(text: string): number | undefined {
  let offset = 0;
  let line = 0;
  let flow = 0;
  let signs = 0;
  let indent = 0;
  let isLead = true;
  for (const word of new Lexer().lex(text)) {
    if (MARKS.includes(word[0] ?? '')) {
      if (word === '\ufeff') offset += 1;
      else isLead = false;
      if (flow === 0 && signs + indent > deepestYaml) return line;
      continue;
    }
    offset += word.length;
    if (word.endsWith('\n') || word.endsWith('\r')) {
      isLead = true;
      indent = 0;
      signs = 0;
      line = offset;
    } else if (word.startsWith('#')) {
      // However far to the right, a comment is on no level.
      indent = 0;
    } else if (word === '[' || word === '{') flow += 1;
    else if (word === ']' || word === '}') flow = Math.max(0, flow - 1);
    else if (word === '-' || word === '?' || (word === ':' && flow === 0)) signs += 1;
    else if (isLead && /^[ \t]+$/.test(word)) indent = word.length;
    else isLead = false;
    const isBlank = /^[ \t]/.test(word);
    if (!isBlank && flow + signs + (flow === 0 ? indent : 0) > deepestYaml)
      return Math.min(line, text.length);
  }
  return undefined;
}

/** Aliases of one file: far above any real file. The library looks through the whole file for each of them. */
export const mostYamlAliases = 2000;

/** Whether a YAML text has more aliases than {@link mostYamlAliases}. */
export function hasManyAliases(text: string): boolean {
  let count = 0;
  // Wherever the sign stands: only a text with many of them is looked at closely.
  for (let at = text.indexOf('*'); at >= 0 && count <= mostYamlAliases; at = text.indexOf('*', at + 1))
    count += 1;
  if (count <= mostYamlAliases) return false;
  count = 0;
  for (const word of new Lexer().lex(text)) if (word.startsWith('*')) count += 1;
  return count > mostYamlAliases;
}
