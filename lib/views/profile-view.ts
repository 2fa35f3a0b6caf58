import { flush } from './flush.ts';
import type { Paint } from './paint.ts';
import type { RunSpan } from './profile-span.ts';
import { createSpans } from './profile-spans.ts';
import type { StartUp } from './profile-start.ts';
import { profileLines } from './profile-table.ts';
import { createTotals } from './profile-totals.ts';
import { createTrace } from './profile-trace.ts';
import type { Output, View } from './view.ts';

interface ProfileOptions {
  readonly startUp: StartUp;
  /** Where the table goes, at the end; none is made by default. */
  readonly table?: { readonly out: Output; readonly paint: Paint } | undefined;
  /** Given a trace, piece by piece; none is made by default. */
  readonly trace?: ((text: string) => void) | undefined;
}

/** The usual width of a terminal. */
const COLUMNS = 80;

/**
 * Measures where the time of a run goes: a view beside the one that shows the run, which says nothing before its end.
 * Nothing is said of a run that has no end.
 */
export function createProfileView({ startUp, table, trace }: ProfileOptions): View {
  const totals = table && createTotals();
  const traced = trace && createTrace(startUp, trace);
  let run: RunSpan | undefined;
  const handle = createSpans((span) => {
    if (span.kind === 'run') run = span;
    totals?.add(span);
    traced?.add(span);
  });
  return {
    handle,
    suspend: () => () => {},
    async end() {
      if (run === undefined) return;
      traced?.end();
      if (table === undefined || totals === undefined) return;
      const { out, paint } = table;
      const lines = profileLines(totals.totals(run), startUp, { paint, columns: out.columns ?? COLUMNS });
      for (const line of lines) out.write(`${line}\n`);
      await flush(out);
    },
  };
}
