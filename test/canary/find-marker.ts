import type { Marker } from './marker.ts';

/** How much of what stands around a marker is looked at to tell which canary it is. */
const AROUND = 96;

/**
 * Which canaries are in some bytes: each by its name, as {@link canary} made it, with the marker left out. They are
 * found as they are, in base64 at any alignment, in hex, and where a terminal or a wrapped encoding has broken them up.
 */
export function findMarker(bytes: Buffer, marker: Marker): readonly string[] {
  const plain = namesIn(bytes, marker);
  if (plain.length > 0 || bytes.length === 0) return plain;
  const folded = fold(bytes);
  return folded.length === bytes.length ? [] : namesIn(folded, marker);
}

/** Looks through bytes that come piece by piece; what a piece begins with may end what the last one ended with. */
export function createFinder(marker: Marker): (piece: Buffer) => readonly string[] {
  // As long as the longest form of a marker can be with blanks and colours between.
  const kept = 4 * Math.max(...marker.forms.map((form) => form.length));
  let tail = Buffer.alloc(0);
  return (piece) => {
    const all = Buffer.concat([tail, piece]);
    tail = Buffer.from(all.subarray(Math.max(0, all.length - kept)));
    return findMarker(all, marker);
  };
}

/** Whether bytes hold the marker in one of its forms as they are: the quick part of {@link findMarker}. */
export function hasMarker(bytes: Buffer, marker: Marker): boolean {
  return marker.forms.some((form) => bytes.includes(form));
}

/** A text without the marker in any form, so that what tells of a leak is not one. */
export function withoutMarker(text: string, marker: Marker): string {
  return marker.forms.reduce((rest, form) => rest.replaceAll(form.toString(), '…'), text);
}

function namesIn(bytes: Buffer, marker: Marker): readonly string[] {
  const names = new Set<string>();
  for (const form of marker.forms) {
    for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + form.length)) {
      const before = bytes.toString('latin1', Math.max(0, at - AROUND), at);
      const after = bytes.toString('latin1', at + form.length, at + form.length + AROUND);
      const found = namesAround(before, form.toString(), after, marker.text);
      for (const name of found.length > 0 ? found : ['one whose name was not beside it']) names.add(name);
    }
  }
  return [...names];
}

/** `it.<what>-<marker>-<whose>.` around a marker, or in what the letters around it stand for. */
function namesAround(before: string, form: string, after: string, marker: string): readonly string[] {
  const what = /it\.(\w+)-$/i.exec(before)?.[1];
  const whose = /^-(\w+(?:\.\d+)*)\./.exec(after)?.[1];
  if (what !== undefined && whose !== undefined) return [`${what} of ${whose}`];
  const name = new RegExp(`it\\.(\\w+)-${marker}-(\\w+(?:\\.\\d+)*)\\.`, 'g');
  const texts = decoded(`${before}${form}${after}`);
  return texts.flatMap((text) => [...text.matchAll(name)].map(([, of, by]) => `${of} of ${by}`));
}

function decoded(around: string): readonly string[] {
  const words = around.match(/[\w+/]{24,}/g) ?? [];
  return words.flatMap((word) => [
    ...[0, 1, 2, 3].map((from) => Buffer.from(word.slice(from), 'base64').toString('latin1')),
    ...[0, 1].map((from) => Buffer.from(word.slice(from), 'hex').toString('latin1')),
  ]);
}

/** Without blanks, line ends and what steers a terminal. */
function fold(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are to go
  return Buffer.from(text.replaceAll(/\x1b\[[\d;?]*[ -/]*[@-~]|[\s\b]+/g, ''), 'latin1');
}
