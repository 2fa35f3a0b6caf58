import { randomInt } from 'node:crypto';

const ID = /^\d{8}-\d{6}-[0-9a-z]{6}$/;

/**
 * A new id of a run: the second in UTC, and six letters and digits of which two stand for the millisecond and four for
 * nothing. Ids sort as the runs began.
 * @example createRunId() // '20261123-041500-0fk3f9'
 */
export function createRunId(now: Date = new Date()): string {
  const [date = '', time = ''] = now.toISOString().split(/[T.]/);
  const milliseconds = inBase36(now.getUTCMilliseconds(), 2);
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}-${milliseconds}${inBase36(randomInt(36 ** 4), 4)}`;
}

/** Whether a name is one that {@link createRunId} makes. */
export function isRunId(name: string): boolean {
  return ID.test(name);
}

function inBase36(number: number, digits: number): string {
  return number.toString(36).padStart(digits, '0');
}
