import { Secret } from '../../lib/secret.ts';
import { Command } from '../../lib/sh.ts';
import { Unknown } from '../../lib/unknown.ts';

/** Makes a value unchangeable at every depth, properties that nobody lists included. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Secret || value instanceof Unknown || Buffer.isBuffer(value)) return value;
  Object.freeze(value);
  for (const key of Reflect.ownKeys(value)) {
    const { value: item } = Object.getOwnPropertyDescriptor(value, key) ?? {};
    frozen(item);
  }
  return value;
}

/** Where in a value there is an unknown, or a text that was made of one: `body.RemoteAddrs.0`. */
export function unknownsIn(value: unknown, path = ''): readonly string[] {
  if (value instanceof Unknown) return [`${path}: ${value.what}`];
  const text = value instanceof Command ? value.text : value;
  if (typeof text === 'string') return text.includes(shownUnknown) ? [`${path}: ${text}`] : [];
  if (typeof value !== 'object' || value === null || value instanceof Secret) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    unknownsIn(item, path === '' ? key : `${path}.${key}`),
  );
}

const shownUnknown = new Unknown('').toJSON();
