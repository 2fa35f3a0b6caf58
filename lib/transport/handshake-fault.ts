import { DabookError, messageOf } from '../errors.ts';

/** Where connecting came to its end, once the host had taken the connection. */
export interface Handshake {
  readonly shown: string;
  readonly stage: 'handshake' | 'login';
  /** Milliseconds that this stage was given, where they ran out. */
  readonly timedOut?: number | undefined;
  /** What ssh2 said. */
  readonly problem: unknown;
}

/** Why a host that took the connection was not logged in to, where it was not the key or the password. */
export function handshakeFault({ shown, stage, timedOut, problem }: Handshake): DabookError {
  const said = sayingOf(problem);
  const fault = (message: string, hint: string) =>
    new DabookError('unreachable', `${shown} ${message}`, { hint, cause: problem });
  if (timedOut !== undefined) {
    return stage === 'login'
      ? fault(
          `did not finish the login within ${timedOut / 1000} s`,
          'what holds a login up there: PAM, DNS, a directory service?',
        )
      : fault(
          `took the connection, but gave no SSH handshake within ${timedOut / 1000} s`,
          'is it sshd that listens on this port?',
        );
  }
  if (stage === 'login') {
    const many = /too many/i.test(said);
    return fault(
      `ended the login: ${said}`,
      many
        ? 'name the one key that it knows: ansible_ssh_private_key_file, or IdentitiesOnly in ~/.ssh/config'
        : 'its sshd log says why',
    );
  }
  if (/no matching/i.test(said))
    return fault(
      `has no algorithm in common with dabook: ${said}`,
      /host key/i.test(said)
        ? 'it may have a host certificate or the key of a security token alone: have ssh itself connect, by ansible_connection: openssh'
        : 'update its sshd, let it offer more, or have ssh itself connect: ansible_connection: openssh',
    );
  if (wasDropped({ shown, stage, timedOut, problem })) {
    return fault(
      `closed the connection before the SSH handshake: ${said}`,
      'its sshd may be overloaded (MaxStartups), or refuse this address',
    );
  }
  return fault(`failed in the SSH handshake: ${said}`, 'is it sshd that listens on this port?');
}

/** The host closed the connection in the middle of the handshake, without a word of why. */
export function wasDropped({ stage, timedOut, problem }: Handshake): boolean {
  const isClosed = /before handshake|ECONNRESET|EPIPE|connection was closed/i.test(sayingOf(problem));
  return stage === 'handshake' && timedOut === undefined && isClosed;
}

function sayingOf(problem: unknown): string {
  return problem === undefined || problem === null ? 'the connection was closed' : messageOf(problem);
}
