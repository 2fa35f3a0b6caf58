import { isRecord } from '../../equal.ts';

/** True for what the Engine's JSON means the same by as leaving it out. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}

/** A record without its empty properties: nothing, zero, false, and texts, lists and records that hold nothing. */
export function dropEmpty(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

/** {@link dropEmpty} at every depth. */
export function tidy(record: object): Record<string, unknown> {
  return dropEmpty(
    Object.fromEntries(
      Object.entries(record).map(([key, value]) => [key, isRecord(value) ? tidy(value) : value]),
    ),
  );
}
