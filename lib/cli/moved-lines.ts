import type { Change } from '../events.ts';
import type { Moved } from '../plan/moved.ts';
import { changeLines } from '../views/change-lines.ts';
import type { Paint } from '../views/paint.ts';
import { withoutChecksums } from '../views/plan-lines.ts';
import { visible } from '../visible.ts';

interface Changes {
  readonly changes: readonly Change[];
  readonly leads?: readonly string[];
}

type MovedChanges = Omit<Moved, 'was' | 'is'> & { readonly was?: Changes; readonly is?: Changes };

const plain: Paint = (_tone, text) => text;

/** How a task differs from what was planned, for people. */
export function movedLines({ host, title, kind, was, is }: MovedChanges): readonly string[] {
  const head = `  ${visible(host)}  ${visible(title)}`;
  const changesOf = (task: Changes | undefined) => [
    ...withoutChecksums(task?.changes ?? []).flatMap((change) =>
      changeLines(change, { columns: 100, diff: false, paint: plain }),
    ),
    ...(task?.leads ?? []).map(visible),
  ];
  if (kind === 'gone') return [`${head}: nothing to do any more`];
  if (kind === 'new') return [`${head}: not in the plan`, ...changesOf(is).map((line) => `      ${line}`)];
  const [before, after] = [changesOf(was), changesOf(is)];
  const lines = [
    ...before.filter((line) => !after.includes(line)).map((line) => `      planned: ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `      now:     ${line}`),
  ];
  // Such as the checksum of a file that may hold a secret.
  return [
    `${head}: not as planned`,
    ...(lines.length > 0 ? lines : ['      what is not shown of it is another']),
  ];
}
