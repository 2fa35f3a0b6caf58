import type { Change, Event, Json } from '../events.ts';
import { sha256Of } from '../sha256.ts';

/** Characters from which on a text of a change is kept in short. */
const LONG = 2000;
/** Characters of it that are kept. */
const KEPT = 500;

const left: ReadonlySet<Event['type']> = new Set([
  'command.started',
  'command.progress',
  'command.ended',
  'host.started',
  'host.connected',
  'host.ended',
]);

/** An event as a journal keeps it; nothing of those that decide nothing. Of a long text its checksum tells enough. */
export function briefEvent(event: Event): Event | undefined {
  if (left.has(event.type)) return undefined;
  if (event.type !== 'task.planned') return event;
  return { ...event, changes: event.changes.map(briefChange) };
}

function briefChange(change: Change): Change {
  return {
    ...change,
    ...(change.from === undefined ? {} : { from: brief(change.from) }),
    ...(change.to === undefined ? {} : { to: brief(change.to) }),
  };
}

function brief(value: Json): Json {
  if (typeof value === 'string') {
    if (value.length <= LONG) return value;
    return `${value.slice(0, KEPT)}… (${value.length} characters, sha256 ${sha256Of(value)})`;
  }
  if (Array.isArray(value)) return value.map(brief);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, brief(item)]));
}
