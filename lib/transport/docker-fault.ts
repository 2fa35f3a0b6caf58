import { DabookError } from '../errors.ts';
import type { ChannelEnd, Place } from './channel.ts';

/** Why `docker system dial-stdio` ended, from what it printed. */
export function dockerFault(place: Place, end: ChannelEnd, printed: string): DabookError {
  const { host, user } = place;
  const said = printed.trim().split('\n').slice(-3).join('; ');
  const status = end.kind === 'exited' ? end.status : 128;
  const fault = (message: string, hint: string) =>
    new DabookError('command', message, {
      hint,
      command: { shown: 'docker system dial-stdio', status, stderr: said },
    });
  if (status === 127) {
    return fault(
      `docker is not installed on ${host}, or not in the PATH of ${user} there`,
      'install Docker on the host',
    );
  }
  if (/permission denied/i.test(said)) {
    return fault(
      `${user} may not use the Docker Engine of ${host}: ${said}`,
      `use become: true, or put ${user} into the docker group there`,
    );
  }
  if (/connection refused|no such file|cannot connect|is the docker daemon running/i.test(said)) {
    return fault(
      `the Docker Engine of ${host} does not run: ${said}`,
      'start it there: systemctl start docker',
    );
  }
  return fault(
    `the Docker Engine of ${host} cannot be reached: ${said || 'docker said nothing'}`,
    'try it there: docker version',
  );
}

/** A call that was not answered in time. */
export function lateCall({ host }: Pick<Place, 'host'>, seconds: number): DabookError {
  return new DabookError(
    'command',
    `the Docker Engine of ${host} did not answer within ${seconds} s (total deadline)`,
    { hint: 'whether the call was done is not known; is the host frozen, or short of memory or disk?' },
  );
}

/** A call that was sent on a line which was then ended because of another one. */
export function unheardCall({ host }: Place): DabookError {
  return new DabookError(
    'command',
    `the Docker Engine of ${host} was not heard out: its line was ended for another call`,
    { hint: 'whether this one was done is not known' },
  );
}
