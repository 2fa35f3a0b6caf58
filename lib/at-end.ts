import { type Command, sh } from './sh.ts';

/**
 * The lines of a script that have it tidy up at any end that can be caught. A program that tidies up is
 * started when signals are ignored already: a second one, to the whole process group, would end it halfway.
 * @example atEnd(sh`rm -rf "$d"`)
 */
export function atEnd(tidy: Command): Command {
  return sh`trap ${`trap '' HUP INT TERM PIPE; ${tidy}`} EXIT
trap 'exit 1' HUP INT TERM PIPE`;
}
