import { Secret, secret } from '../secret.ts';
import { writtenText } from './hide-passwords.ts';
import { listTree, mapTree, type Tree } from './tree.ts';

/**
 * The tree of a text that was encrypted: each value is a secret, numbers and booleans as they are written. Keys stay
 * as they are, and so does what is empty.
 * @param kind what its labels begin with: `vault db.password`
 */
export function conceal(tree: Tree, kind: string): Tree {
  // A tree that aliases refer to is one tree afterwards, too: else a few of them would unfold to millions.
  const known = new Map<Tree, Tree>();

  function concealed(part: Tree, path: string): Tree {
    const before = known.get(part);
    if (before !== undefined) return before;
    const made = make(part, path);
    known.set(part, made);
    return made;
  }

  function make(part: Tree, path: string): Tree {
    switch (part.kind) {
      case 'scalar': {
        if (part.value === null || part.value instanceof Secret) return part;
        const { place, size } = part;
        const value = secret(`${kind} ${path || 'value'}`, writtenText(part));
        return { kind: 'scalar', place, value, size, templated: false };
      }
      case 'list':
        return listTree(
          part.place,
          part.items.map((item, index) => concealed(item, `${path}[${index}]`)),
        );
      case 'map':
        return mapTree(
          part.place,
          new Map(
            Array.from(part.entries, ([name, { key, tree }]) => [
              name,
              { key, tree: concealed(tree, path === '' ? name : `${path}.${name}`) },
            ]),
          ),
        );
    }
  }

  return concealed(tree, '');
}
