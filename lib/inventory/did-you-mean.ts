/**
 * The names that a mistyped one may stand for, nearest first, three at most.
 * @example nearestNames('wbe1', ['web1', 'db1']) // ['web1']
 */
function nearestNames(wrong: string, names: Iterable<string>): readonly string[] {
  const limit = Math.max(1, Math.floor(wrong.length / 3));
  const near: { name: string; distance: number }[] = [];
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) > limit) continue;
    const distance = distanceOf(wrong.toLowerCase(), name.toLowerCase());
    if (distance <= limit) near.push({ name, distance });
  }
  near.sort((a, b) => a.distance - b.distance);
  return near.slice(0, 3).map(({ name }) => name);
}

/**
 * A sentence that offers the names that a mistyped one may stand for, the nearest first; nothing where none is near.
 * @example didYouMean('wbe1', ['web1', 'db1']) // did you mean web1?
 */
export function didYouMean(wrong: string, names: Iterable<string>): string | undefined {
  const near = nearestNames(wrong, names);
  return near.length === 0 ? undefined : `did you mean ${near.join(' or ')}?`;
}

/** How many letters to insert, drop, replace or swap with their neighbour lead from one word to the other. */
function distanceOf(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        at(previous, j) + 1,
        at(row, j - 1) + 1,
        at(previous, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, previous] = [previous, row];
  }
  return at(previous, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
