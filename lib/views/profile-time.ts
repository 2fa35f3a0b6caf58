/**
 * Times that do not overlap, in order: where each begins and ends, by turns. Flat, as there are many: a number of an
 * array takes a sixth of what an object with two of them would.
 * @example [0, 10, 20, 25] // from 0 to 10, and from 20 to 25
 */
export type Times = readonly number[];

/**
 * Adds a stretch to times that it ends after, or with; what it overlaps or touches becomes one with it.
 * @param times changed in place
 */
export function addTo(times: number[], start: number, end: number): void {
  let from = start;
  while (times.length > 0 && at(times, times.length - 1) >= from) {
    from = Math.min(from, at(times, times.length - 2));
    times.length -= 2;
  }
  times.push(from, end);
}

/** The times without whatever is also in others. */
export function without(times: Times, others: Times): Times {
  const left: number[] = [];
  let next = 0;
  for (let index = 0; index < times.length; index += 2) {
    const end = at(times, index + 1);
    let from = at(times, index);
    while (next < others.length && at(others, next + 1) <= from) next += 2;
    // The last that is looked at may reach into the next of the times, too.
    for (let other = next; other < others.length && at(others, other) < end; other += 2) {
      if (at(others, other) > from) left.push(from, at(others, other));
      from = at(others, other + 1);
    }
    if (from < end) left.push(from, end);
  }
  return left;
}

/** How long they are together. */
export function lengthOf(times: Times): number {
  let sum = 0;
  for (let index = 0; index < times.length; index += 2) sum += at(times, index + 1) - at(times, index);
  return sum;
}

function at(times: Times, index: number): number {
  return times[index] ?? 0;
}
