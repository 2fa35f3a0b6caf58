import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { DabookError } from '../../errors.ts';
import type { FactReader } from './fact-reader.ts';
import { endOfListeners, listeners } from './listeners.ts';
import { type PortFinding, type PortToTry, refuseBlocked } from './port-finding.ts';
import { familyOf, type PortTarget, portsAt } from './port-target.ts';
import { tcpFindings } from './tcp-findings.ts';
import { udpFindings } from './udp-findings.ts';

export interface PortsOpenArgs {
  readonly from: readonly FactReader[];
  /** A host among `from` too is not tried from itself. */
  readonly to: readonly PortTarget[];
  readonly ports: readonly PortToTry[];
  /** Seconds until a TCP connection that is not answered counts as blocked; 5 by default. */
  readonly timeout?: number;
}

/**
 * Tries for real whether hosts reach ports of others, whatever listens there: TCP by connecting, to a listener
 * of its own where nobody listens; UDP by datagrams of one byte that the target's kernel is seen to take in (so
 * not on ports that it passes on to a container). Nothing but sh is presumed on the hosts; bash, python3, perl,
 * socat and nc are used where they are there.
 *
 * Changes nothing that lasts: listeners end with it, or by themselves. What listens on a port already, such as an
 * engine, logs a few unreadable messages. Two of these at once on a host would disturb each other.
 * @returns all that was found but not blocked; tell the operator the `text` of those that are not `open`
 * @throws DabookError `refused` that names every port that is blocked, and what to open where
 * @example
 * const mesh = hosts.map((host) => ({ host, address: host.vars.ip }))
 * await portsOpen({ from: hosts, to: mesh, ports: [{ port: 7946, protocol: 'udp', purpose: 'gossip' }] })
 */
export async function portsOpen(args: PortsOpenArgs): Promise<readonly PortFinding[]> {
  refuseBadArgs(args);
  const { from, to, ports, timeout = 5 } = args;
  const targets = to.filter(({ host }) => from.some(({ name }) => name !== host.name));
  const mark = `dabook-${randomUUID()}`;
  const tcp = ports.filter(({ protocol }) => protocol === 'tcp');
  const udp = ports.filter(({ protocol }) => protocol === 'udp');
  // As long as all of it may take, and no longer: whatever happens to this process, they end.
  const seconds = Math.ceil(timeout + 10 + 2 * from.length * udp.length);
  const begun = await Promise.allSettled(
    targets.map(async (target) => {
      const family = familyOf(target);
      const sockets = portsAt(target, ports).map(({ port, protocol }) => ({ port, protocol, family }));
      return { ...target, ...(await target.host.read(listeners(sockets, seconds, mark))) };
    }),
  );
  const ready = begun.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  try {
    for (const one of begun) if (one.status === 'rejected') throw one.reason;
    // Connections are no datagrams: neither is in the other's way.
    const both = await Promise.allSettled([
      tcpFindings(from, ready, tcp, timeout),
      udpFindings(from, ready, udp),
    ]);
    const found = both.flatMap((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const blocked = found.filter(({ result }) => result === 'blocked');
    if (blocked.length > 0) throw refuseBlocked(blocked);
    return found;
  } finally {
    // A host that is lost ends them by itself.
    await Promise.allSettled(ready.map(({ host, pids }) => host.read(endOfListeners(pids, mark))));
  }
}

function refuseBadArgs({ to, ports, timeout = 5 }: PortsOpenArgs): void {
  const named = to.find(({ address }) => isIP(address) === 0);
  if (named !== undefined) {
    throw wrong(
      `${JSON.stringify(named.address)} of ${named.host.name} is not an IP address`,
      'give 10.0.0.11, or fd00::11',
    );
  }
  const names = to.map(({ host }) => host.name);
  const elsewhere = ports.flatMap(({ at = [] }) => at).find((name) => !names.includes(name));
  if (elsewhere !== undefined)
    throw wrong(`a port is to be tried at ${elsewhere}`, `which is none of ${names.join(', ')}`);
  const odd = ports.find(({ port }) => !Number.isInteger(port) || port < 1 || port > 65_535);
  if (odd !== undefined) throw wrong(`${odd.port} is not a port`, 'give 1 to 65535');
  if (!Number.isInteger(timeout) || timeout < 1)
    throw wrong(`timeout ${timeout}`, 'give whole seconds, at least 1');
}

function wrong(what: string, hint: string): DabookError {
  return new DabookError('playbook', `portsOpen: ${what}`, { hint });
}
