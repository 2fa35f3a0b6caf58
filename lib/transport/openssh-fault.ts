import { DabookError } from '../errors.ts';
import { handshakeFault, wasDropped } from './handshake-fault.ts';
import { opensshKeyFault } from './openssh-key-fault.ts';
import type { OpensshSaid } from './openssh-said.ts';
import type { SshSettings } from './ssh-settings.ts';
import { socketFault, type Try } from './ssh-socket.ts';

/** What a connection of the ssh program failed with: the same faults as those of dabook's own client. */
export interface OpensshEnd {
  readonly settings: SshSettings;
  readonly said: OpensshSaid;
  /** Milliseconds that it was given, where they ran out. */
  readonly timedOut?: number | undefined;
  /** Keys that it showed before, where several may be pinned. */
  readonly shownBefore: readonly string[];
}

/** A fault, and whether it may pass. */
export type Fault = Exclude<Try<never>, { got: never }>;

/** What ssh says of a network, and the code that it has in Node. */
const network: readonly (readonly [RegExp, string])[] = [
  [/could not resolve.*(temporary failure|try again)/i, 'EAI_AGAIN'],
  [/could not resolve hostname/i, 'ENOTFOUND'],
  [/^ssh: connect to .*refused/im, 'ECONNREFUSED'],
  [/^ssh: connect to .*no route/im, 'EHOSTUNREACH'],
  [/^ssh: connect to .*network is unreachable/im, 'ENETUNREACH'],
];

/** Tells from what ssh printed why it could not connect. */
export function opensshFault(end: OpensshEnd): Fault {
  const { settings, said, timedOut } = end;
  const { shown, address, jumps, timeout } = settings;
  const text = said.lines.join('\n');
  const last = said.lines.slice(-3).join('; ') || 'ssh said nothing';
  const fault = (message: string, hint: string, passing = false): Fault => ({
    fault: new DabookError('unreachable', `${shown}${message.startsWith(':') ? '' : ' '}${message}`, {
      hint,
    }),
    passing,
  });
  const isOnWay = said.shown === undefined;

  if (/revoked/i.test(text) || /host key verification failed/i.test(text))
    return opensshKeyFault(end, text, last);
  if (/permission denied|too many authentication failures/i.test(text)) {
    if (isOnWay) return fault(`: its jump host refused the login: ${last}`, 'log in there by hand: ssh -v');
    return loginFault(end, text);
  }
  if (/stdio forwarding failed|open failed/i.test(text)) {
    const forbidden = /prohibited/i.test(text);
    const why = /open failed: (.*)/i.exec(text)?.[1] ?? last;
    return fault(
      `cannot be reached from ${jumps.length === 0 ? 'the host before it' : `jump host ${jumps.at(-1)}`}: ${why}`,
      forbidden
        ? 'its sshd must allow it: AllowTcpForwarding yes'
        : 'is it up, and does it listen on this port?',
      !forbidden,
    );
  }
  if (/ssh: (command )?not found/.test(text))
    return fault(
      `cannot be connected to: the ssh program is not installed here`,
      'install the OpenSSH client',
    );
  const code = network.find(([pattern]) => pattern.test(text))?.[1];
  const way = jumps.at(-1) ?? settings.proxyCommand;
  if (code !== undefined && way !== undefined) {
    return fault(
      `cannot be reached through ${way}: ${last}`,
      'is that one up, and does it let this machine in?',
      true,
    );
  }
  if (code !== undefined) return socketFault(shown, address, Object.assign(new Error(last), { code }));
  const isLate = /timed out/i.test(text) || timedOut !== undefined;
  if (isLate && /^ssh: connect to/im.test(text)) {
    return fault(
      `did not answer within ${timeout / 1000} s`,
      'is it up, and is the port open for this machine?',
      true,
    );
  }
  const stage = isOnWay ? 'handshake' : 'login';
  const problem = new Error(said.lines.length === 0 ? 'the connection was closed' : last);
  const late = timedOut ?? (isLate ? timeout : undefined);
  const isHandshake =
    isLate || /kex_exchange|connection (closed|reset)|banner|negotiate|disconnected/i.test(text);
  if (!isHandshake) return fault(`could not be connected to by ssh: ${last}`, 'try it by hand: ssh -v');
  const handshake = { shown, stage, timedOut: late, problem } as const;
  const matching = /no matching/i.test(text);
  return {
    fault: handshakeFault(handshake),
    passing: isOnWay && !matching,
    dropped: isOnWay && !matching && (wasDropped(handshake) || /kex_exchange.*(closed|reset)/i.test(text)),
  };
}

function loginFault({ settings, said }: OpensshEnd, text: string): Fault {
  const { shown, user } = settings;
  if (/too many authentication failures/i.test(text)) {
    const problem = new Error('Too many authentication failures');
    return { fault: handshakeFault({ shown, stage: 'login', problem }), passing: false };
  }
  const accepts = said.accepts ?? /permission denied \(([\w,-]+)\)/i.exec(text)?.[1];
  const tried =
    said.tried.length === 0 ? 'nothing (there is no key, agent or password)' : said.tried.join(', ');
  const notes = said.lines.filter((line) =>
    /load key|identity|certificate|sign_and_send|agent|askpass/i.test(line),
  );
  return {
    fault: new DabookError(
      'unreachable',
      `${shown} refused the login: tried ${tried}${accepts === undefined ? '' : `; it accepts ${accepts}`}`,
      {
        hint: [
          ...new Set(notes),
          `is ${user} the right user, and the public key in its ~/.ssh/authorized_keys there?`,
        ].join('\n'),
      },
    ),
    passing: false,
  };
}
