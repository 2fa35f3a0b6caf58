import { visible } from '../visible.ts';
import type { Row } from './profile-rows.ts';
import { secondsUpTo } from './profile-seconds.ts';
import type { TaskTimes } from './profile-totals.ts';

/**
 * The tasks that took longest on all hosts together; those that took no time to speak of have no line.
 * @param most tasks that have one
 */
export function taskRows(tasks: readonly TaskTimes[], most: number): readonly Row[] {
  const slowest = tasks.toSorted((a, b) => b.total - a.total).slice(0, most);
  const seconds = secondsUpTo(slowest[0]?.total ?? 0);
  const shown = slowest.filter(({ total }) => Number(seconds(total)) > 0);
  const hidden = tasks.length - shown.length;
  if (shown.length === 0) return [];
  return [
    {
      name: hidden > 0 ? 'slowest tasks' : 'tasks',
      cells: ['times', 'total', 'steps', 'settle', 'slowest'],
      end: 'on',
      tone: 'bold',
    },
    ...shown.map(({ title, count, total, steps, settling, slowest }) => ({
      name: visible(title),
      cells: [String(count), seconds(total), seconds(steps), seconds(settling), seconds(slowest.took)],
      end: visible(slowest.host),
    })),
    ...(hidden > 0 ? [{ name: `and ${hidden} more`, cells: [], tone: 'dim' } as const] : []),
  ];
}
