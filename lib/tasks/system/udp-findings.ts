import type { FactReader } from './fact-reader.ts';
import { finding, type PortFinding, type PortToTry } from './port-finding.ts';
import { listenerOn, portsAt, type Ready, wayOf } from './port-target.ts';
import { tryUdp, type UdpAnswer, udpTarget } from './try-udp.ts';

/** Targets at the same time, but one sender at a time for each: its kernel counts what arrives from all. */
export async function udpFindings(
  from: readonly FactReader[],
  to: readonly Ready[],
  ports: readonly PortToTry[],
): Promise<readonly PortFinding[]> {
  if (ports.length === 0) return [];
  const found = await Promise.all(
    to.map(async (target, index) => {
      const own = portsAt(target, ports);
      if (own.length === 0) return [];
      const listening = own.map(({ port }) => [port, listenerOn(target, 'udp', port)] as const);
      const heard = await udpTarget(target.host, target.address, Object.fromEntries(listening));
      const findings: PortFinding[] = [];
      // Each target begins with another sender, so that not all wait for the same one.
      for (const source of [...from.slice(index), ...from.slice(0, index)]) {
        if (source.name === target.host.name) continue;
        for (const port of own) {
          findings.push(udpFinding(source, target, port, await tryUdp(source, heard, port.port)));
        }
      }
      return findings;
    }),
  );
  return found.flat();
}

function udpFinding(source: FactReader, target: Ready, port: PortToTry, answer: UdpAnswer): PortFinding {
  const way = wayOf(source, target, port);
  const { kind, fault, sent, arrived } = answer;
  if (kind === 'all') return finding(way, 'open');
  if (fault !== undefined) {
    return /not permitted|unreachable|no route/i.test(fault)
      ? finding(way, 'blocked', `${source.name} could not send: ${fault.toLowerCase()}`)
      : finding(way, 'unsure', `could not be tried: ${fault}`);
  }
  switch (kind) {
    case 'none':
      return finding(way, 'blocked', 'nothing arrived');
    case 'some':
      return finding(way, 'unsure', `only ${arrived} of ${sent} datagrams arrived`);
    case 'unsure':
      return finding(way, 'unsure', `could not be told: too much else arrives at ${target.host.name}`);
  }
}
