import { messageOf } from '../errors.ts';
import { jsonLine } from '../json-line.ts';
import type { PlanCollector } from '../plan/collect-plan.ts';
import type { KeptPlan } from '../plan/kept-plan.ts';
import type { PlanFault } from '../plan/plan-fault.ts';
import { sealPlan } from '../plan/seal-plan.ts';
import { keptPlanLines } from '../views/kept-plan-lines.ts';
import { notWhole } from '../views/not-whole.ts';
import { createPaint } from '../views/paint.ts';
import type { Output } from '../views/view.ts';
import { visible } from '../visible.ts';
import { writeControlFile } from '../write-control-file.ts';
import { exitStatus, type Io } from './io.ts';
import { planPlace } from './plan-place.ts';
import { warn } from './warn.ts';

/** How a plan is made. */
export interface PlanMaking {
  /** The file that it is kept in; it is only shown without one. */
  readonly out?: string | undefined;
  readonly key: Uint8Array;
  /** What is known of it before there is any connection. */
  readonly beginning: Omit<KeptPlan, 'tasks' | 'outcome'>;
}

interface Manner {
  readonly plan?: PlanMaking | undefined;
  readonly json?: true;
  readonly diff?: true;
  readonly verbose: number;
  readonly detailedExitcode?: true;
}

/**
 * Shows a plan, and keeps it where it is whole.
 * @returns the exit status
 */
export async function keepPlan(
  io: Io,
  out: Output,
  manner: Manner,
  {
    tasks,
    ended,
    faults,
  }: Pick<PlanCollector, 'tasks' | 'ended'> & { readonly faults: readonly PlanFault[] },
  color: boolean,
): Promise<number> {
  const { plan, json, diff = false, verbose } = manner;
  const outcome = ended?.outcome;
  if (plan === undefined || outcome === undefined) return exitStatus.failed;
  const isWhole = outcome === 'ok' || outcome === 'waiting';
  const { columns = 120 } = out;
  if (json) out.write(jsonLine({ ...plan.beginning, outcome, tasks, faults }));
  else {
    const style = {
      hosts: Object.keys(plan.beginning.input.hosts),
      paint: createPaint(color),
      columns,
      diff,
      steps: verbose > 0,
      notWhole: notWhole(outcome, faults),
    };
    out.write(`${keptPlanLines(tasks, style).join('\n')}\n`);
  }
  if (!isWhole) {
    if (plan.out !== undefined) warn(io, 'the plan is not whole, and was not kept');
    return exitStatus[outcome];
  }
  if (plan.out !== undefined) {
    try {
      // Something may have come there meanwhile.
      await writeControlFile(
        await planPlace(plan.out, io.cwd()),
        Buffer.from(sealPlan({ ...plan.beginning, outcome, tasks }, plan.key)),
      );
    } catch (error) {
      warn(io, messageOf(error));
      return exitStatus.failed;
    }
    if (!json) out.write(`It is kept in ${visible(plan.out)}. To do it: dabook apply ${visible(plan.out)}\n`);
  }
  if (tasks.length > 0 && manner.detailedExitcode) return exitStatus.changes;
  return exitStatus.ok;
}
