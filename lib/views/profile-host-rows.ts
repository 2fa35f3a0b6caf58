import { counted } from '../counted.ts';
import { visible } from '../visible.ts';
import type { Row } from './profile-rows.ts';
import { secondsUpTo } from './profile-seconds.ts';
import type { HostTimes } from './profile-totals.ts';

type Part = Exclude<keyof HostTimes, 'host'>;

const COLUMNS: readonly (readonly [head: string, part: Part])[] = [
  ['waiting', 'waiting'],
  ['at work', 'atWork'],
  ['connect', 'connecting'],
  ['reading', 'reading'],
  ['steps', 'steps'],
  ['settle', 'settling'],
  ['other', 'other'],
  ['trips', 'roundTrips'],
];

/**
 * All hosts together, with the share that each part has of their time at work, and those that were at work for longest.
 * What a host waited for a slot is left aside there: the last of many would always be the slowest.
 * @param most hosts that have a line of their own
 */
export function hostRows(hosts: readonly HostTimes[], most: number): readonly Row[] {
  const slowest = hosts.toSorted((a, b) => b.atWork - a.atWork).slice(0, most);
  const sum = (part: Part) => hosts.reduce((all, host) => all + host[part], 0);
  const longestOf = (times: Readonly<Record<'waiting' | 'atWork', number>>) =>
    Math.max(times.waiting, times.atWork);
  const cells = (longest: number, timeOf: (part: Part) => number) => {
    const seconds = secondsUpTo(longest);
    return COLUMNS.map(([, part]) => (part === 'roundTrips' ? String : seconds)(timeOf(part)));
  };
  const isShare = (part: Part) => part !== 'waiting' && part !== 'roundTrips';
  const share = (part: Part) => (isShare(part) ? `${Math.round((sum(part) / sum('atWork')) * 100)}%` : '');
  const longest = Math.max(...slowest.map(longestOf));
  return [
    {
      name: hosts.length > most ? 'slowest hosts' : 'hosts',
      cells: COLUMNS.map(([head]) => head),
      tone: 'bold',
    },
    {
      name: `all ${counted(hosts.length, 'host')}`,
      cells: cells(longestOf({ waiting: sum('waiting'), atWork: sum('atWork') }), sum),
    },
    ...(sum('atWork') > 0
      ? [{ name: '', cells: COLUMNS.map(([, part]) => share(part)), tone: 'dim' } as const]
      : []),
    ...slowest.map((host) => ({ name: visible(host.host), cells: cells(longest, (part) => host[part]) })),
  ];
}
