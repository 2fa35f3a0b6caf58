import { messageOf } from '../errors.ts';
import { createPaint } from '../views/paint.ts';
import type { StartUp } from '../views/profile-start.ts';
import { createProfileView } from '../views/profile-view.ts';
import { safeView } from '../views/safe-view.ts';
import type { Output, View } from '../views/view.ts';
import type { Io } from './io.ts';
import type { TraceFile } from './trace-file.ts';
import { warn } from './warn.ts';

interface Wanted {
  readonly startUp: StartUp;
  /** A table, at the end. */
  readonly table: { readonly out: Output; readonly color: boolean } | undefined;
  readonly trace: TraceFile | undefined;
}

/** What measures a run beside the view that shows it. Whatever fails in it is told, and changes nothing else. */
export function createProfile(io: Io, { startUp, table, trace }: Wanted): Pick<View, 'handle' | 'end'> {
  if (table === undefined && trace === undefined) return { handle() {}, end() {} };
  let isWhole = true;
  const made = createProfileView({
    startUp,
    table: table && { out: table.out, paint: createPaint(table.color) },
    trace: trace && ((text) => trace.write(text)),
  });
  const view = safeView(made, (error) => {
    isWhole = false;
    warn(io, `the profile failed and was dropped: ${String(error)}`);
  });
  return {
    handle: (event) => view.handle(event),
    async end() {
      await view.end();
      if (!isWhole) return;
      await trace?.keep().catch((error) => warn(io, `the trace was not written: ${messageOf(error)}`));
    },
  };
}
