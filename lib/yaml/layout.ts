import { isScalar, type Scalar, visit } from 'yaml';
import { type Collection, collectionOf } from './collection.ts';
import { columnOf, lineEnd } from './lines.ts';
import type { Yaml } from './parse-yaml.ts';
import { fitsPlain } from './render.ts';

/** How a text is written, for what is added to it. */
export interface Layout {
  readonly lineEnd: '\n' | '\r\n';
  /** Columns from a mapping to one within it; 2 where the text has none. */
  readonly step: number;
  /** True when the items of a list stand deeper than its key; so where the text has none. */
  readonly indentLists: boolean;
  readonly quote: Quote;
}

export type Quote = 'QUOTE_SINGLE' | 'QUOTE_DOUBLE';

/** Looks how a text is written. */
export function layoutOf({ text, contents }: Yaml): Layout {
  const quotes = { QUOTE_SINGLE: 0, QUOTE_DOUBLE: 0 };
  const steps: number[] = [];
  const listSteps: number[] = [];
  if (contents !== null) {
    visit(contents, (_, node) => {
      if (isScalar(node) && isQuote(node.type)) quotes[node.type] += 1;
      if (steps.length > 0 && listSteps.length > 0) return;
      const outer = collectionOf(node as typeof contents);
      if (outer === undefined || outer.flow || outer.kind !== 'mapping') return;
      for (const { start, node: value } of outer.entries) {
        const inner = collectionOf(value);
        const first = inner?.flow === false ? inner.entries[0] : undefined;
        if (inner === undefined || first === undefined) continue;
        const step = columnOf(text, first.start) - columnOf(text, start);
        (inner.kind === 'mapping' ? steps : listSteps).push(step);
      }
    });
  }
  return {
    lineEnd: lineEnd(text),
    step: steps.find((step) => step > 0) ?? listSteps.find((step) => step > 0) ?? 2,
    indentLists: listSteps[0] !== 0,
    quote: quotes.QUOTE_SINGLE > quotes.QUOTE_DOUBLE ? 'QUOTE_SINGLE' : 'QUOTE_DOUBLE',
  };
}

/** What is written in quotes in a collection: its keys, and its texts. */
export interface Quoting {
  readonly keys: Quote | undefined;
  readonly texts: Quote | undefined;
}

/**
 * How a collection quotes: as its last key does, and as its texts do when all that need no quotes are in some.
 */
export function quotingOf({ entries, flow }: Collection): Quoting {
  const texts = entries.flatMap(({ node }) => {
    if (!isScalar(node) || typeof node.value !== 'string') return [];
    const quote = quoteOf(node);
    return quote === undefined || fitsPlain(node.value, flow) ? [quote] : [];
  });
  const keys = QUOTES[entries.at(-1)?.keyToken?.type ?? ''];
  // JSON has all of them in quotes, be there only numbers yet.
  const isJson = flow && texts.length === 0;
  return { keys, texts: isJson ? keys : texts.includes(undefined) ? undefined : texts.at(-1) };
}

const QUOTES: Readonly<Record<string, Quote | undefined>> = {
  'double-quoted-scalar': 'QUOTE_DOUBLE',
  'single-quoted-scalar': 'QUOTE_SINGLE',
};

function quoteOf({ type }: Scalar): Quote | undefined {
  return isQuote(type) ? type : undefined;
}

function isQuote(type: Scalar['type']): type is Quote {
  return type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE';
}
