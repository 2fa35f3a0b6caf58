import type { TextPlace } from './places-in.ts';

/** An XML text that was read. */
export interface XmlText {
  readonly text: string;
  /** What it is called in messages. */
  readonly file: string;
  /** Its only child is the root element. */
  readonly document: XmlElement;
  /** Where an offset of the text is. */
  readonly placeOf: (offset: number) => TextPlace;
}

/** An element of an XML text, with where it stands: offsets count from the beginning of the text. */
export interface XmlElement {
  readonly kind: 'element';
  /** As it is written, prefix included; empty for the document. */
  readonly name: string;
  /** Where its `<` is. */
  readonly at: number;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Its own text between comments, instructions and elements, in order; blank ones too. */
  readonly pieces: readonly XmlPiece[];
  /** The end of its start tag: `>` or `/>` with the blanks before it. */
  readonly tagEnd: Span;
  /** From behind its start tag to its end tag; none for `<id/>`. */
  readonly inner: Span | undefined;
}

export interface XmlAttribute {
  readonly kind: 'attribute';
  readonly name: string;
  readonly at: number;
  /** Between its quotes, as it is written. */
  readonly raw: string;
  readonly span: Span;
  readonly quote: string;
}

/** A stretch of text, or what a CDATA section holds, as it is written. */
export interface XmlPiece {
  readonly raw: string;
  readonly isCdata: boolean;
  readonly span: Span;
}

export interface Span {
  readonly start: number;
  /** Of the first character behind it. */
  readonly end: number;
}
