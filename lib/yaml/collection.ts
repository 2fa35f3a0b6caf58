import { type CST, isCollection, isMap, isPair, isScalar, type ParsedNode } from 'yaml';
import { keyName } from './parse-yaml.ts';

/** A mapping or a list, with the places of its entries. */
export interface Collection {
  readonly kind: 'mapping' | 'list';
  /** True for `{…}` and `[…]`. */
  readonly flow: boolean;
  readonly entries: readonly Entry[];
  /** Behind its last character. */
  readonly start: number;
  readonly end: number;
}

/** An entry of a mapping, or an item of a list. Offsets are those of the text. */
export interface Entry {
  /** None for an item of a list, and for a key that is no scalar. */
  readonly key: string | undefined;
  readonly keyToken: CST.Token | undefined;
  readonly node: ParsedNode | null;
  /** The value's own characters; none where it is left empty. */
  readonly value: { readonly start: number; readonly end: number; readonly token: CST.Token } | undefined;
  readonly start: number;
  /** Where its value begins or would begin: behind `:`, `-`, an anchor, a tag. */
  readonly head: number;
  /** False for a key in a flow mapping that stands without `:`. */
  readonly hasColon: boolean;
  /** Behind its last character, comments not counted. */
  readonly end: number;
}

/** The places of a collection's entries; `undefined` for any other node. */
export function collectionOf(node: ParsedNode | null): Collection | undefined {
  const token = node?.srcToken;
  if (!isCollection(node) || token === undefined || !('items' in token)) return undefined;
  const items: readonly CST.CollectionItem[] = token.items;
  const real = items.filter(
    (item) => significant(item.start).length > 0 || item.key || item.sep || item.value,
  );
  const entries = real.map((item, i) => {
    const child = node.items[i];
    const pair = isMap(node) && isPair(child) ? child : undefined;
    const value = pair === undefined ? child : pair.value;
    const key = pair !== undefined && isScalar(pair.key) ? keyName(pair.key) : undefined;
    return entryOf(item, key, (value ?? null) as ParsedNode | null);
  });
  return {
    kind: isMap(node) ? 'mapping' : 'list',
    flow: token.type === 'flow-collection',
    entries,
    start: token.offset,
    end: endOf(token),
  };
}

function entryOf(item: CST.CollectionItem, key: string | undefined, node: ParsedNode | null): Entry {
  const { value } = item;
  const start = startOf(item);
  const filled = value != null && endOf(value) > value.offset;
  const keyEnd = item.key ? endOf(item.key) : start;
  const head = Math.max(keyEnd, lastEnd(item.sep), item.sep === undefined ? lastEnd(item.start) : 0);
  const end = filled ? endOf(value) : head;
  // An item of a flow list that is a pair by itself: `[a: 1]`.
  const isPairItem = key === undefined && item.sep !== undefined;
  const valueStart = isPairItem ? start : (value?.offset ?? head);
  return {
    key,
    keyToken: item.key ?? undefined,
    node,
    value: filled ? { start: valueStart, end, token: value } : undefined,
    start,
    head: isPairItem ? start : head,
    hasColon: item.sep?.some(({ type }) => type === 'map-value-ind') ?? false,
    end,
  };
}

function significant(tokens: readonly CST.SourceToken[]): readonly CST.SourceToken[] {
  return tokens.filter(({ type }) => !['space', 'newline', 'comment', 'comma'].includes(type));
}

function lastEnd(tokens: readonly CST.SourceToken[] = []): number {
  const last = significant(tokens).at(-1);
  return last === undefined ? 0 : last.offset + last.source.length;
}

function startOf(item: CST.CollectionItem): number {
  const first = significant(item.start)[0] ?? item.key ?? significant(item.sep ?? [])[0] ?? item.value;
  return first?.offset ?? 0;
}

/** Behind the last character of a token that means something. */
export function endOf(token: CST.Token): number {
  switch (token.type) {
    case 'block-map':
    case 'block-seq': {
      const items: readonly CST.CollectionItem[] = token.items;
      return items.reduce((end, item) => Math.max(end, itemEnd(item)), token.offset);
    }
    case 'flow-collection':
      return lastEnd(token.end.slice(0, 1));
    case 'block-scalar':
      return (
        token.props.reduce((end, prop) => end + ('source' in prop ? prop.source.length : 0), token.offset) +
        token.source.length
      );
    default:
      return token.offset + ('source' in token ? token.source.length : 0);
  }
}

function itemEnd({ start, key, sep, value }: CST.CollectionItem): number {
  return Math.max(
    lastEnd(start),
    key ? endOf(key) : 0,
    lastEnd(sep),
    value && endOf(value) > value.offset ? endOf(value) : 0,
  );
}
