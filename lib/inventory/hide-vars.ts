import { looksSecret, looksSecretValue, withoutLogins } from '../looks-secret.ts';
import { Secret } from '../secret.ts';
import { HIDDEN } from './hide-secrets.ts';
import { setKey } from './set-key.ts';

/**
 * Makes what takes passwords out of values that are about to be shown: all that stands under a name that looks like one of
 * a password, at any depth, and the passwords of addresses. One for a whole inventory: what its hosts share is looked through once.
 * @example createHiding()({ db_password: 'abc', port: 1 }) // { db_password: '<hidden>', port: 1 }
 */
export function createHiding(): (value: unknown) => unknown {
  const names = new Map<string, boolean>();
  const known = new WeakMap<object, unknown>();

  function isSecretName(name: string): boolean {
    const before = names.get(name);
    if (before !== undefined) return before;
    const is = looksSecret(name);
    names.set(name, is);
    return is;
  }

  function shown(value: unknown): unknown {
    if (typeof value === 'string') return withoutLogins(value, HIDDEN);
    if (!isCollection(value)) return value;
    const before = known.get(value);
    if (before !== undefined) return before;
    const made = changed(value, (name, part) => (isSecretName(name) ? hidden(part) : shown(part)));
    known.set(value, made);
    return made;
  }

  function hidden(value: unknown): unknown {
    // What is not there is no secret, and a secret shows its label.
    if (value === null || value === undefined || value instanceof Secret) return value;
    return isCollection(value) ? changed(value, (_name, part) => hidden(part)) : HIDDEN;
  }

  return shown;
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !('toJSON' in value);
}

/** The same object where nothing of it changes, as nothing of most does. */
function changed(value: object, change: (name: string, part: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => change('', item));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const made: Record<string, unknown> = {};
  let isSame = true;
  for (const [name, part] of Object.entries(value)) {
    const key = looksSecretValue(name) ? withoutLogins(name, HIDDEN) : name;
    const after = change(name, part);
    isSame &&= key === name && after === part;
    setKey(made, key, after);
  }
  return isSame ? value : made;
}
