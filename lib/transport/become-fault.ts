import { DabookError } from '../errors.ts';
import type { Place } from './channel.ts';

/** Why sudo gave no shell, from what it printed. Its own words are in the message: they may be translated. */
export function becomeFault(place: Place, status: number, printed: string): DabookError {
  const { host, user } = place;
  const said = printed.trim().split('\n').slice(-3).join('; ');
  const fault = (message: string, hint: string) => new DabookError('become', message, { hint });
  if (status === 127 || /sudo: (command )?not found/i.test(said)) {
    return fault(
      `${user} cannot become root on ${host}: sudo is not installed there`,
      'install sudo, or connect as root',
    );
  }
  if (/must have a tty/i.test(said)) {
    return fault(
      `sudo on ${host} asks for a terminal: ${said}`,
      `remove "Defaults requiretty" for ${user} in sudoers`,
    );
  }
  if (/not in the sudoers|not allowed to|may not run sudo/i.test(said)) {
    return fault(
      `${user} may not become root on ${host}: ${said}`,
      `let ${user} run sudo there, or connect as another user`,
    );
  }
  return fault(
    `sudo on ${host} gave ${user} no shell (status ${status}): ${said || 'it said nothing'}`,
    'try it there by hand: sudo true',
  );
}

/** sudo asked for a password a second time. */
export function wrongPassword({ host, user }: Place): DabookError {
  return new DabookError('become', `wrong sudo password for ${user} on ${host}`, {
    hint: 'give it with -K, or as ansible_become_password in the inventory',
  });
}

/** sudo asked, and there is nothing to answer. */
export function noPassword({ host, user }: Place): DabookError {
  return new DabookError('become', `sudo asks for the password of ${user} on ${host}, and none was given`, {
    hint: 'give it with -K, or as ansible_become_password in the inventory',
  });
}
