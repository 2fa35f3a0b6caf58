/** Texts that are replaced by their label wherever they stand in another text. */
export interface KnownTexts {
  readonly size: number;
  /** Adds a text; the first label of a text stays. One of fewer than {@link shortestKnown} characters is left out. */
  add(text: string, label: string): void;
  /**
   * The text with labels in it: from left to right, and at each place for the longest text that stands there. Of several that
   * overlap nothing is left, neither of the one that begins first nor of the one that goes on.
   */
  replaceIn(text: string): string;
  /** The label of a text that is known as a whole. */
  labelOf(text: string): string | undefined;
  /** A text of which the beginning or the end may have been cut off, with labels for what is left there of a known one. */
  replaceAtEnds(text: string): string;
}

/** Shorter texts would be found by chance in the middle of words. Characters. */
const shortestKnown = 4;
/** What begins as a known text does for so many characters is that text, cut off: replaced as far as it goes. */
const cutOff = 256;
/**
 * What was found is looked into as well: another one may begin there, and go on behind it. It bounds the time how many
 * characters are compared for each one of a text; then only the last {@link cutOff} ones of what was found are looked into.
 */
const looks = 16;
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
      let last = '';
      let lookable = text.length * looks;
      for (let at = 0; at < text.length; at += 1) {
        window = slide(window, text, at);
        const start = at + 1 - shortestKnown;
        if (start < next) continue;
        const bucket = buckets[slotOf(window)];
        const found = bucket && longestAt(text, start, inOrder(bucket));
        if (!found) continue;
        const { label, length } = found;
        if (start + length > done) {
          // What overlaps another one goes on as that, or as itself.
          const isSame = start < done && label === last;
          replaced += text.slice(done, start) + (isSame ? '' : label);
          done = start + length;
          last = label;
        }
        lookable -= length;
        if (lookable >= 0) continue;
        next = Math.max(start + 1, done - cutOff);
        at = Math.max(at, next - 1);
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
    return { label: nearest.label, length: shared };
  }
  return whole && { label: whole.label, length: whole.text.length };
}
