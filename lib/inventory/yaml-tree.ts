import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import type { Findings } from './findings.ts';
import type { Place, SourceText } from './place.ts';
import { type Entry, listTree, type MapTree, mapTree, scalarTree, type Tree } from './tree.ts';

/** What is shared through an alias costs nothing; a merge copies. */
const MOST_MERGED = 2_000_000;

/**
 * The tree of a parsed document, with `<<` merges. An alias is a reference to the tree of its anchor, so that this
 * takes time and memory linear in the size of the file, whatever its aliases unfold to.
 * @returns nothing where merges would copy too much, which `findings` then tells
 */
export function yamlTree(contents: ParsedNode, source: SourceText, findings: Findings): Tree | undefined {
  // filled in document order, which is how an alias finds the last anchor of its name before it
  const anchors = new Map<string, Tree>();
  let merged = 0;

  function visit(node: ParsedNode | null, fallback: Place): Tree {
    if (node === null) return scalarTree(fallback, null);
    const place = { source, offset: node.range[0] };
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) {
        findings.fault(`*${node.source} has no anchor &${node.source} that ends before it`, place);
        return scalarTree(place, null);
      }
      return target;
    }
    const tree = isMap(node)
      ? visitMap(node, place)
      : isSeq(node)
        ? listTree(
            place,
            node.items.map((item) => visit(item as ParsedNode, place)),
          )
        : visitScalar(node as Scalar.Parsed, place);
    if (node.anchor !== undefined) anchors.set(node.anchor, tree);
    return tree;
  }

  function visitScalar(node: Scalar.Parsed, place: Place): Tree {
    const { tag, value } = node;
    const isVault = tag === '!vault' || tag === '!vault-encrypted';
    // what has no header of ansible-vault nobody would recognise later
    if (isVault && !String(value).trimStart().startsWith('$ANSIBLE_VAULT;')) {
      findings.fault(
        'values encrypted with ansible-vault (!vault) cannot be read yet',
        place,
        'leave the variable out and pass its value with -e @file',
      );
      return scalarTree(place, null);
    }
    if (tag?.startsWith('!') && tag !== '!unsafe' && !isVault) {
      findings.fault(`the tag ${tag} is not understood`, place);
    }
    if (typeof value === 'string') {
      const scalar = scalarTree(place, value);
      return tag === '!unsafe' ? { ...scalar, templated: false } : scalar;
    }
    // digits that a number cannot hold stay text, rather than become another number
    const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
    return scalarTree(place, isRounded && /^[-+]?\d+$/.test(node.source) ? node.source : value, node.source);
  }

  function visitMap(map: YAMLMap.Parsed, place: Place): MapTree {
    const entries = new Map<string, Entry>();
    const merges: Tree[] = [];
    for (const { key, value } of map.items) {
      const keyPlace = { source, offset: key?.range?.[0] ?? place.offset };
      if (!isScalar(key)) {
        findings.fault(
          'a key must be a plain word here',
          keyPlace,
          'put quotes round a key or value that starts with { or [',
        );
        continue;
      }
      const tree = visit(value as ParsedNode | null, keyPlace);
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      if (name === '<<' && key.type === 'PLAIN') {
        merges.push(tree);
        continue;
      }
      const first = entries.get(name);
      if (first === undefined) entries.set(name, { key: keyPlace, tree: atKeyWhenEmpty(tree, keyPlace) });
      else
        findings.fault(
          `"${name}" is given twice: first in line ${source.lines.linePos(first.key.offset).line}`,
          keyPlace,
          'keep one of them',
        );
    }
    for (const tree of merges) mergeInto(entries, tree);
    return mapTree(place, entries);
  }

  function mergeInto(entries: Map<string, Entry>, tree: Tree): void {
    for (const from of tree.kind === 'list' ? tree.items : [tree]) {
      if (from.kind === 'map') {
        merged += from.entries.size;
        if (merged > MOST_MERGED) return;
        for (const [name, entry] of from.entries) if (!entries.has(name)) entries.set(name, entry);
      } else {
        findings.fault('<< takes a mapping, or a list of mappings', from.place);
      }
    }
  }

  const tree = visit(contents, { source, offset: 0 });
  if (merged <= MOST_MERGED) return tree;
  findings.fault(`the merges (<<) of this file copy more than ${MOST_MERGED} values`, tree.place);
  return undefined;
}

/** A value that is not written has no place of its own: its key is what a person can look at. */
function atKeyWhenEmpty(tree: Tree, key: Place): Tree {
  return tree.kind === 'scalar' && tree.value === null && !tree.written ? { ...tree, place: key } : tree;
}
