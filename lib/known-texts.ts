/** Texts that are replaced by their label wherever they stand in another text. */
export interface KnownTexts {
  readonly size: number;
  /** Adds a text; the first label of a text stays. One of fewer than {@link shortestKnown} characters is left out. */
  add(text: string, label: string): void;
  /** The text with labels in it: from left to right, and at each place for the longest text that stands there. */
  replaceIn(text: string): string;
  /** The label of a text that is known as a whole. */
  labelOf(text: string): string | undefined;
  /** A text of which the beginning or the end may have been cut off, with labels for what is left there of a known one. */
  replaceAtEnds(text: string): string;
}

/** Shorter texts would be found by chance in the middle of words. Characters. */
const shortestKnown = 4;
/**
 * What begins as a known text does for so many characters is that text, cut off: replaced as far as it goes.
 * It also bounds the time: what was compared at one place is never compared as a whole at the next one again.
 */
const cutOff = 256;
/** Of less than so many characters nobody can say what it was cut off from. */
const leastLeft = 8;
/** A power of two. */
const slots = 2 ** 15;

interface Known {
  readonly text: string;
  readonly label: string;
  /** The longest other one that this one begins with. */
  beginning?: Known | undefined;
}

interface Found {
  readonly label: string;
  readonly length: number;
  readonly isCutOff: boolean;
}

/** Texts that begin alike: with the same four characters, or by chance with others. */
interface Bucket {
  readonly sorted: Known[];
  isSorted: boolean;
}

/**
 * Makes a set of known texts. Whatever their number and their lengths, looking through a text takes a time in
 * proportion to its length: most of its places are passed by after one look at four characters.
 */
export function createKnownTexts(): KnownTexts {
  const known = new Map<string, string>();
  // By a number that the first four characters decide. A list, as it is looked into at each place of each text.
  const buckets = new Array<Bucket | undefined>(slots).fill(undefined);

  return {
    get size() {
      return known.size;
    },

    add(text, label) {
      if (text.length < shortestKnown || known.has(text)) return;
      known.set(text, label);
      let window = 0;
      for (let at = 0; at < shortestKnown; at += 1) window = slide(window, text, at);
      const slot = slotOf(window);
      const bucket = buckets[slot] ?? { sorted: [], isSorted: false };
      bucket.sorted.push({ text, label });
      bucket.isSorted = false;
      buckets[slot] = bucket;
    },

    labelOf: (text) => known.get(text),

    replaceIn(text) {
      let replaced = '';
      let done = 0;
      let next = 0;
      let window = 0;
      for (let at = 0; at < text.length; at += 1) {
        window = slide(window, text, at);
        const start = at + 1 - shortestKnown;
        if (start < next) continue;
        const bucket = buckets[slotOf(window)];
        const found = bucket && longestAt(text, start, inOrder(bucket));
        if (!found || start + found.length <= done) continue;
        replaced += text.slice(done, start) + found.label;
        done = start + found.length;
        // Where one was cut off is not sure: its last characters may be the first ones of what follows.
        next = found.isCutOff ? Math.max(start + 1, done - cutOff) : done;
        at = next - 1;
      }
      return done === 0 ? text : replaced + text.slice(done);
    },

    replaceAtEnds(text) {
      let left = text;
      for (const [one, label] of known) {
        const head = lengthAtStart(one, left);
        if (head > 0) left = label + left.slice(head);
        const tail = lengthAtEnd(one, left);
        if (tail > 0) left = left.slice(0, -tail) + label;
      }
      return left;
    },
  };
}

/** How much of a text begins with what another one ends with. */
function lengthAtStart(known: string, text: string): number {
  const first = text.slice(0, leastLeft);
  if (first.length < leastLeft) return 0;
  for (let at = known.indexOf(first, 1); at > 0; at = known.indexOf(first, at + 1)) {
    if (text.startsWith(known.slice(at))) return known.length - at;
  }
  return 0;
}

/** How much of a text ends with what another one begins with. */
function lengthAtEnd(known: string, text: string): number {
  const last = text.slice(-leastLeft);
  if (last.length < leastLeft) return 0;
  for (let at = known.lastIndexOf(last); at >= 0; at = at === 0 ? -1 : known.lastIndexOf(last, at - 1)) {
    const length = at + leastLeft;
    if (length < known.length && text.endsWith(known.slice(0, length))) return length;
  }
  return 0;
}

/** A number that only the last four characters decide: a byte each, so that the fifth is shifted out. */
function slide(window: number, text: string, at: number): number {
  return (window << 8) ^ text.charCodeAt(at);
}

function slotOf(window: number): number {
  return (window ^ (window >>> 15)) & (slots - 1);
}

/** Sorted when it is first looked into: texts come one by one, and the sort is fast where most are in order. */
function inOrder(bucket: Bucket): readonly Known[] {
  const { sorted } = bucket;
  if (bucket.isSorted) return sorted;
  sorted.sort((a, b) => (a.text < b.text ? -1 : 1));
  for (const [index, one] of sorted.entries()) {
    // What it begins with stands before it, and what stands between the two begins with that as well.
    let before: Known | undefined = sorted[index - 1];
    while (before && !one.text.startsWith(before.text)) before = before.beginning;
    one.beginning = before;
  }
  bucket.isSorted = true;
  return sorted;
}

/** The longest known text at a place of another text, or as much as there is of one that was cut off. */
function longestAt(text: string, start: number, sorted: readonly Known[]): Found | undefined {
  // The place where the rest of the text would be sorted in; how many characters it shares with its neighbours.
  let low = -1;
  let lowShared = 0;
  let high = sorted.length;
  let highShared = 0;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    const candidate = sorted[middle]?.text ?? '';
    let shared = Math.min(lowShared, highShared);
    while (shared < candidate.length && candidate.charCodeAt(shared) === text.charCodeAt(start + shared)) {
      shared += 1;
    }
    // At the end of the text charCodeAt gives NaN, and nothing is less than that.
    if (shared === candidate.length || candidate.charCodeAt(shared) < text.charCodeAt(start + shared)) {
      low = middle;
      lowShared = shared;
    } else {
      high = middle;
      highShared = shared;
    }
  }
  let whole: Known | undefined = sorted[low];
  while (whole && whole.text.length > lowShared) whole = whole.beginning;
  const [nearest, shared] = lowShared >= highShared ? [sorted[low], lowShared] : [sorted[high], highShared];
  if (nearest && shared >= cutOff && shared > (whole?.text.length ?? 0)) {
    return { label: nearest.label, length: shared, isCutOff: true };
  }
  return whole && { label: whole.label, length: whole.text.length, isCutOff: false };
}
