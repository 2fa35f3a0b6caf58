import { DabookError } from '../errors.ts';
import type { ChannelEnd, Place } from './channel.ts';

/** A command that was sent to a shell which was then ended because of another one. */
export function unheard({ host }: Place): DabookError {
  return new DabookError('command', `${host} was not heard out: its shell was ended for another command`, {
    hint: 'whether this one has been done is not known',
  });
}

/**
 * A shell that ended by itself, or with its connection.
 * @param underWay commands that had not been answered
 */
export function lostShell({ address }: Place, end: ChannelEnd, underWay: number): DabookError {
  const when =
    underWay > 0 ? ` while ${underWay === 1 ? 'a command was' : `${underWay} commands were`} under way` : '';
  return new DabookError('lost', `connection to ${address} lost${when}: ${reasonOf(end)}`, {
    hint: underWay > 0 ? 'whether what was under way has been done is not known' : undefined,
  });
}

function reasonOf(end: ChannelEnd): string {
  if (end.kind === 'lost') return end.reason;
  return end.kind === 'killed'
    ? `its shell was ended by ${end.signal}`
    : `its shell ended with status ${end.status}`;
}
