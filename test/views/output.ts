import { Writable } from 'node:stream';
import type { Event } from '../../lib/events.ts';
import { createView } from '../../lib/views/create-view.ts';
import type { ViewOptions } from '../../lib/views/view.ts';

/** A stream that keeps its text, with the size of a terminal where it is to be one. */
export function createOutput(size: { columns?: number; rows?: number; isTTY?: boolean } = {}) {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return Object.assign(stream, size, { text: () => chunks.join('') });
}

/** Everything that a view without a terminal writes of these events. */
export async function told(
  kind: 'plain' | 'json',
  events: readonly Event[],
  options: Partial<Omit<ViewOptions, 'out'>> & { columns?: number } = {},
): Promise<string> {
  const { columns, ...rest } = options;
  const out = createOutput(columns === undefined ? {} : { columns });
  const view = await createView(kind, { out, color: false, diff: false, verbosity: 0, ...rest });
  for (const event of events) view.handle(event);
  await view.end();
  return out.text();
}
