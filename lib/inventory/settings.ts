import { shellWords } from '../shell-words.ts';
import type { Findings } from './findings.ts';
import { writtenText } from './hide-passwords.ts';
import type { LayeredVars } from './layer-vars.ts';
import { firstUnread, type ScalarTree, WRITE_THE_VALUE, whyNotAsItStands } from './tree.ts';

/** One value that says how to reach a host, under the name that it was given. */
export interface Setting {
  readonly name: string;
  readonly tree: ScalarTree;
  readonly text: string;
}

/** Reads settings under any of their names; of several that are given, the last name wins, as with Ansible. */
export interface Settings {
  value(names: readonly string[]): Setting | undefined;
  /** For what becomes an argument of ssh: never an option, never two words. */
  word(names: readonly string[]): string | undefined;
  /** A command line's words. */
  words(names: readonly string[]): readonly string[];
  wholeNumber(names: readonly string[], most: number): number | undefined;
  /** With YAML 1.1's words, which Ansible reads. */
  flag(names: readonly string[]): boolean | undefined;
  /** A word out of a table. Ansible's full names are understood too. */
  oneOf<T>(names: readonly string[], known: ReadonlyMap<string, T>): T | undefined;
}

const YES = ['y', 'yes', 'on', '1', 'true', 't', '1.0'];
const NO = ['n', 'no', 'off', '0', 'false', 'f', '0.0'];

/** Whether a variable may say how a host is reached. */
export function isSettingName(name: string): boolean {
  return name.startsWith('ansible_');
}

/** Whether a text can be the address or the user of an ssh connection. */
export function isOneWord(text: string): boolean {
  return /^(?!-)[^\s\p{Cc}]+$/u.test(text);
}

/** Reads the settings of one host. What cannot be used becomes a fault, and is read as if it were not given. */
export function createSettings(vars: LayeredVars, findings: Findings): Settings {
  // most hosts have one or two of the dozens of names that are asked for
  const given = Object.keys(vars.values).filter(isSettingName);

  function refuse({ name, tree, text }: Setting, expected: string, hint?: string): undefined {
    findings.fault(`${name} must be ${expected}, not ${JSON.stringify(text)}`, tree.place, hint);
  }

  function value(names: readonly string[]): Setting | undefined {
    if (given.length === 0) return undefined;
    const name = names.findLast(
      (candidate) => given.includes(candidate) && (vars.values[candidate] ?? null) !== null,
    );
    const tree = name === undefined ? undefined : vars.entry(name)?.tree;
    if (name === undefined || tree === undefined) return undefined;
    if (tree.templated) {
      findings.fault(`${name} ${whyNotAsItStands(firstUnread(tree)?.value)}`, tree.place, WRITE_THE_VALUE);
    } else if (tree.kind !== 'scalar') {
      findings.fault(
        `${name} is a ${tree.kind === 'list' ? 'list' : 'mapping'} where a single value is expected`,
        tree.place,
      );
    } else {
      return { name, tree, text: writtenText(tree) };
    }
    return undefined;
  }

  return {
    value,
    word(names) {
      const found = value(names);
      if (found === undefined || isOneWord(found.text)) return found?.text;
      return refuse(found, 'one word that does not start with "-"');
    },
    words(names) {
      const found = value(names);
      if (found === undefined) return [];
      try {
        return shellWords(found.text);
      } catch {
        refuse(found, 'options of ssh, with every quote closed');
        return [];
      }
    },
    wholeNumber(names, most) {
      const found = value(names);
      if (found === undefined) return undefined;
      const number = /^\d{1,6}$/.test(found.text) ? Number(found.text) : 0;
      return number >= 1 && number <= most ? number : refuse(found, `a whole number from 1 to ${most}`);
    },
    flag(names) {
      const found = value(names);
      if (found === undefined) return undefined;
      const text = found.text.toLowerCase();
      if (YES.includes(text)) return true;
      return NO.includes(text) ? false : refuse(found, 'true or false');
    },
    oneOf(names, known) {
      const found = value(names);
      if (found === undefined) return undefined;
      const match = known.get(found.text.replace(/^ansible\.(builtin|legacy)\./, ''));
      return (
        match ?? refuse(found, Array.from(known.keys()).join(' or '), 'nothing else is understood by dabook')
      );
    },
  };
}
