import type { Bar } from './profile-drawing.ts';
import type { CommandSpan } from './profile-span.ts';

/** Characters of a command that are kept. */
const LONGEST = 2000;
/** Characters of it that name its bar. */
const LONGEST_NAME = 80;

/**
 * Commands of one host as their round trips, by when they began: those of one were sent at once, and their answers came
 * one after the other. A command that got no answer stands by itself.
 * @param commands in the order of their ends
 */
export function tripBars(commands: readonly CommandSpan[]): readonly Bar[] {
  const bars: Bar[] = [];
  const trips = new Map<number, CommandSpan[]>();
  for (const command of commands) {
    const trip = command.answer?.trip;
    const together = trips.get(trip ?? 0);
    if (trip === undefined) bars.push(commandBar(command, command.start));
    else if (together === undefined) trips.set(trip, [command]);
    else together.push(command);
  }
  for (const [trip, together] of trips) bars.push(tripBar(trip, together));
  return bars.sort((a, b) => a.start - b.start);
}

function tripBar(trip: number, commands: readonly CommandSpan[]): Bar {
  const start = Math.min(...commands.map((each) => each.start));
  const end = Math.max(...commands.map((each) => each.end));
  let from = start;
  const inside = commands.map((each) => {
    // What it added to the round trip: from the answer before its own on.
    const bar = commandBar(each, Math.max(from, each.start));
    from = each.end;
    return bar;
  });
  const args = { commands: commands.length };
  return { name: `round trip ${trip}`, kind: 'round trip', start, end, args, inside };
}

function commandBar({ shown, purpose, answer, start, end }: CommandSpan, from: number): Bar {
  const [line = ''] = shown.split('\n', 1);
  const status = answer === undefined ? 'no answer' : answer.status;
  const args = { command: cut(shown, LONGEST), status, ms: Math.round((end - start) * 1000) / 1000 };
  return { name: cut(line, LONGEST_NAME), kind: purpose, start: from, end, args };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
