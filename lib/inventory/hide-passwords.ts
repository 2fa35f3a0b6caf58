import { Secret, secret } from '../secret.ts';
import { show } from '../show.ts';
import type { Entry, ScalarTree } from './tree.ts';

const PASSWORD = /^ansible_(.*(pass|password|passphrase)|ssh_private_key)$/;

/**
 * Makes the passwords among variables secrets, named such as `become password of web1`: their text is in
 * nothing that is shown.
 * @param owner the host, or `group NAME`
 * @param entry how a variable was written
 */
export function hidePasswords(
  owner: string,
  values: Readonly<Record<string, unknown>>,
  entry: (name: string) => Entry | undefined,
): Readonly<Record<string, unknown>> {
  const hidden: Record<string, Secret> = {};
  for (const name of Object.keys(values)) {
    if (!name.startsWith('ansible_') || !PASSWORD.test(name)) continue;
    const value = values[name];
    if (value === null || value instanceof Secret) continue;
    const tree = entry(name)?.tree;
    const text = tree?.kind === 'scalar' ? writtenText(tree) : JSON.stringify(value);
    hidden[name] = secret(`${labelOf(name)} of ${owner}`, text);
  }
  return Object.keys(hidden).length === 0 ? values : { ...values, ...hidden };
}

function labelOf(name: string): string {
  if (/become|sudo/.test(name)) return 'become password';
  return /password|_pass$/.test(name) ? 'password' : name.replace(/^ansible_/, '').replaceAll('_', ' ');
}

/** The text of a value: a password of digits is what was written, zeros in front included. */
export function writtenText(tree: ScalarTree): string {
  if (tree.value instanceof Secret) return show(tree.value);
  return typeof tree.value === 'string' ? tree.value : (tree.written ?? String(tree.value));
}
