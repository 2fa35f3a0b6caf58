import { resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { jsonLine } from '../json-line.ts';
import type { RunOutcome } from '../run.ts';
import type { DriftReport } from '../views/drift-report.ts';
import type { Output } from '../views/view.ts';
import { writeControlFile } from '../write-control-file.ts';
import { exitStatus, type Io } from './io.ts';
import { warn } from './warn.ts';

interface Manner {
  readonly drift?: { readonly report?: string };
  readonly detailedExitcode?: true;
  readonly check?: boolean | undefined;
  /** Where a report goes that is to go to stdout. */
  readonly reportOut: Output;
}

/** The exit status of a run, once what was found is kept. */
export async function checkStatus(
  io: Io,
  { drift, detailedExitcode, check, reportOut }: Manner,
  outcome: RunOutcome['outcome'],
  found: DriftReport | undefined,
): Promise<number> {
  if (found === undefined || (!drift && !detailedExitcode)) {
    // What it found, be it something to be done by hand, a check says only when asked.
    return check && outcome === 'waiting' ? exitStatus.ok : exitStatus[outcome];
  }
  const { report } = drift ?? {};
  if (report === '-') reportOut.write(jsonLine(found));
  else if (report !== undefined) {
    try {
      await writeControlFile(resolve(io.cwd(), report), Buffer.from(jsonLine(found)));
    } catch (error) {
      warn(io, messageOf(error));
      return exitStatus.failed;
    }
  }
  const counts = Object.values(found.hosts);
  const isChange = drift ? found.outcome === 'drifted' : counts.some(({ changed }) => changed > 0);
  return outcome === 'ok' && isChange ? exitStatus.changes : exitStatus[outcome];
}
