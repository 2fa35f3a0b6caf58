import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import type { Findings } from './findings.ts';
import { mayQuote, type Place } from './place.ts';
import { isSecretTag, taggedSecret } from './tagged-secret.ts';
import { type ScalarTree, scalarTree, type Tree } from './tree.ts';
import type { Pair, TreeBuilder } from './tree-builder.ts';

/** The tree of a document that the YAML library has parsed. */
export function yamlTree(contents: ParsedNode, build: TreeBuilder, findings: Findings): Tree {
  function visit(node: ParsedNode | null, fallback: Place): Tree {
    if (node === null) return scalarTree(fallback, null);
    const place = build.place(node.range[0]);
    if (isAlias(node)) return build.alias(place, node.source);
    if (!isScalar(node) && isSecretTag(node.tag)) {
      findings.fault(`${node.tag} takes a single text`, place);
      return scalarTree(place, null);
    }
    const tree = isMap(node)
      ? build.map(place, pairsOf(node, place))
      : isSeq(node)
        ? build.list(
            place,
            node.items.map((item) => visit(item as ParsedNode, place)),
          )
        : visitScalar(node as Scalar.Parsed, place);
    if (node.anchor !== undefined) build.anchor(node.anchor, tree);
    return tree;
  }

  function visitScalar({ tag, value, source }: Scalar.Parsed, place: Place): ScalarTree {
    if (tag !== undefined && isSecretTag(tag))
      return scalarTree(place, taggedSecret(tag, String(value ?? ''), place, findings) ?? null);
    if (tag?.startsWith('!') && tag !== '!unsafe') {
      const shown = mayQuote(place) ? `the tag ${tag}` : 'this begins with ! as a tag does, and the tag';
      findings.fault(`${shown} is not understood`, place, 'put quotes round a value that begins with !');
    }
    const scalar = build.scalar(place, value, source);
    return tag === '!unsafe' && typeof value === 'string' ? { ...scalar, templated: false } : scalar;
  }

  // one by one, so that faults are told in the order of the document
  function* pairsOf(map: YAMLMap.Parsed, place: Place): Generator<Pair> {
    for (const { key, value } of map.items) {
      const at = build.place(key?.range?.[0] ?? place.offset);
      if (!isScalar(key)) {
        findings.fault(
          'a key must be a plain word here',
          at,
          'put quotes round a key or value that starts with { or [',
        );
        continue;
      }
      const tree = visit(value as ParsedNode | null, at);
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
      yield { name, plain: key.type === 'PLAIN', key: at, tree };
    }
  }

  return visit(contents, build.place(0));
}
