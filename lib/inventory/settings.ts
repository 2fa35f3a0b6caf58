import { Secret } from '../secret.ts';
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

/** The settings of one host. What cannot be used becomes a fault, and is read as if it were not given. */
export interface Settings {
  readonly vars: LayeredVars;
  /** By the names that it may have, that very array, the name that each setting was given: one or two on most hosts. */
  readonly given: ReadonlyMap<readonly string[], string>;
  readonly findings: Findings;
}

const YES = ['y', 'yes', 'on', '1', 'true', 't', '1.0'];
const NO = ['n', 'no', 'off', '0', 'false', 'f', '0.0'];
const NONE: readonly string[] = [];

/** Whether a text can be the address or the user of an ssh connection. */
export function isOneWord(text: string): boolean {
  return /^(?!-)[^\s\p{Cc}]+$/u.test(text);
}

/**
 * Looks for settings among the variables of a host; of several that are given, the last name wins, as with Ansible.
 * @param names of variables that may be settings
 * @param known each name with all those that say the same: one array for all of them, by which the setting is found
 */
export function settingsOf(
  vars: LayeredVars,
  names: readonly string[],
  known: ReadonlyMap<string, readonly string[]>,
  findings: Findings,
): Settings {
  const given = new Map<readonly string[], string>();
  for (const name of names) {
    const same = known.get(name);
    if (same === undefined || (vars.values[name] ?? null) === null) continue;
    const other = given.get(same);
    if (other === undefined || same.indexOf(other) < same.indexOf(name)) given.set(same, name);
  }
  return { vars, given, findings };
}

/**
 * A setting that is shown with its host, and so takes no secret.
 * @param names all of the setting
 */
export function settingOf(settings: Settings, names: readonly string[]): Setting | undefined {
  const found = givenAs(settings, names);
  if (!(found?.tree.value instanceof Secret)) return found;
  settings.findings.fault(
    `${found.name} takes no secret: it is told wherever its host is`,
    found.tree.place,
    'write the value itself, in a file that is not encrypted',
  );
  return undefined;
}

/** A password or the like. */
export function secretOf(settings: Settings, names: readonly string[]): Secret | undefined {
  const found = givenAs(settings, names);
  const value = found === undefined ? undefined : settings.vars.values[found.name];
  return value instanceof Secret ? value : undefined;
}

function givenAs(settings: Settings, names: readonly string[]): Setting | undefined {
  const { vars, given, findings } = settings;
  const name = given.get(names);
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

/** For what becomes an argument of ssh: never an option, never two words. */
export function wordOf(settings: Settings, names: readonly string[]): string | undefined {
  const found = settingOf(settings, names);
  if (found === undefined || isOneWord(found.text)) return found?.text;
  return refuse(settings, found, 'one word that does not start with "-"');
}

/** A command line's words. */
export function wordsOf(settings: Settings, names: readonly string[]): readonly string[] {
  const found = settingOf(settings, names);
  if (found === undefined) return NONE;
  try {
    return shellWords(found.text);
  } catch {
    refuse(settings, found, 'options of ssh, with every quote closed');
    return NONE;
  }
}

export function wholeNumberOf(
  settings: Settings,
  names: readonly string[],
  most: number,
): number | undefined {
  const found = settingOf(settings, names);
  if (found === undefined) return undefined;
  const number = /^\d{1,6}$/.test(found.text) ? Number(found.text) : 0;
  return number >= 1 && number <= most ? number : refuse(settings, found, `a whole number from 1 to ${most}`);
}

/** With YAML 1.1's words, which Ansible reads. */
export function flagOf(settings: Settings, names: readonly string[]): boolean | undefined {
  const found = settingOf(settings, names);
  if (found === undefined) return undefined;
  const text = found.text.toLowerCase();
  if (YES.includes(text)) return true;
  return NO.includes(text) ? false : refuse(settings, found, 'true or false');
}

/** A word out of a table. Ansible's full names are understood too. */
export function oneOf<T>(
  settings: Settings,
  names: readonly string[],
  known: ReadonlyMap<string, T>,
): T | undefined {
  const found = settingOf(settings, names);
  if (found === undefined) return undefined;
  const match = known.get(found.text.replace(/^ansible\.(builtin|legacy)\./, ''));
  return (
    match ??
    refuse(settings, found, Array.from(known.keys()).join(' or '), 'nothing else is understood by dabook')
  );
}

function refuse(
  { findings }: Settings,
  { name, tree, text }: Setting,
  expected: string,
  hint?: string,
): undefined {
  findings.fault(`${name} must be ${expected}, not ${JSON.stringify(text)}`, tree.place, hint);
}
