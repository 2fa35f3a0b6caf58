import { counted } from '../counted.ts';
import type { PlayEnded, PlayStarted } from '../events.ts';
import { visible } from '../visible.ts';
import { duration } from './duration.ts';
import type { Paint } from './paint.ts';

/** That a play begins. */
export function playStartLines({ play, hosts }: PlayStarted, paint: Paint): string[] {
  return ['', paint('bold', `== ${visible(play)}`) + paint('dim', ` (${counted(hosts.length, 'host')})`)];
}

/**
 * How a play ended: on how many hosts it went wrong.
 * @param always also of a play without trouble; nothing is told of it else
 */
export function playEndLines(event: PlayEnded, paint: Paint, always: boolean): string[] {
  const { play, failed, unreachable, waiting, seconds } = event;
  const trouble = [
    ...(failed.length > 0 ? [paint('red', `${failed.length} failed`)] : []),
    ...(unreachable.length > 0 ? [paint('red', `${unreachable.length} unreachable`)] : []),
    ...(waiting.length > 0 ? [paint('magenta', `${waiting.length} waiting`)] : []),
  ];
  if (trouble.length === 0 && !always) return [];
  const outcome = trouble.length === 0 ? 'no trouble' : trouble.join(', ');
  return [paint('bold', `== ${visible(play)}: `) + outcome + paint('dim', `  (${duration(seconds)})`)];
}
