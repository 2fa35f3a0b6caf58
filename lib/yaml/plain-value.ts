import { isRecord } from '../equal.ts';
import { DabookError } from '../errors.ts';
import { show } from '../show.ts';
import { type Path, type Plain, showPath } from './path.ts';

/**
 * A value that YAML can hold, without properties that are undefined.
 * @throws DabookError `playbook` for anything else: a secret, an unknown, a Date
 */
export function plainValue(value: unknown, at: Path): Plain {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Plain;
  if (Array.isArray(value)) return value.map((item, i) => plainValue(item, [...at, i]));
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (isRecord(value) && (prototype === Object.prototype || prototype === null)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([key, item]) => [key, plainValue(item, [...at, key])]));
  }
  throw new DabookError('playbook', `${showPath(at)}: ${show(value)} cannot be written as YAML`, {
    hint: 'give a text, a number, true, false, null, a list or a plain object',
  });
}
