import type { Fault } from '../events.ts';
import { visible, visibleLines } from '../visible.ts';
import type { Paint } from './paint.ts';

/** So many last lines of stderr are worth their room; the whole of it is in the events. */
const LAST_LINES = 12;

/**
 * A fault with all its reader needs, never cut: what happened, where in the playbook, the command, its
 * status, the end of its stderr, the causes, and what to do.
 */
export function faultLines(fault: Fault, paint: Paint): string[] {
  const { command } = fault;
  return [
    ...visibleLines(fault.message).map((line) => paint('red', line)),
    ...(fault.where === undefined ? [] : [`at ${visible(fault.where)}`]),
    ...(command === undefined
      ? []
      : [`$ ${visible(command.shown)}`, statusLine(command.status), ...lastLines(command.stderr, paint)]),
    ...(fault.causes ?? []).flatMap((cause) => hanging('cause: ', cause)),
    ...(fault.hint === undefined ? [] : hanging('hint: ', fault.hint).map((line) => paint('cyan', line))),
  ];
}

/** A fault in a few words: the first line of its message. */
export function faultInShort(fault: Fault): string {
  return visibleLines(fault.message)[0] ?? '';
}

// An exit status ends at 255, an HTTP status that is a fault begins above it.
function statusLine(status: number): string {
  return status > 255 ? `answered with HTTP status ${status}` : `exit status ${status}`;
}

function lastLines(stderr: string, paint: Paint): string[] {
  if (stderr.trim() === '') return [];
  const lines = visibleLines(stderr.trimEnd());
  const left = lines.length - LAST_LINES;
  return [
    ...(left > 0 ? [paint('dim', `(${left} earlier lines of stderr are not shown)`)] : []),
    ...lines.slice(-LAST_LINES).map((line) => `${paint('dim', '|')} ${line}`),
  ];
}

function hanging(label: string, text: string): string[] {
  return visibleLines(text).map((line, index) => (index === 0 ? label : ' '.repeat(label.length)) + line);
}
