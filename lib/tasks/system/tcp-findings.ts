import type { FactReader } from './fact-reader.ts';
import { finding, type PortFinding, type PortToTry } from './port-finding.ts';
import { listenerOn, portsAt, type Ready, wayOf } from './port-target.ts';
import type { TcpAnswer } from './tcp-attempts.ts';
import { tryTcp } from './try-tcp.ts';

/** Every host tries everything at once: connections do not get in each other's way. */
export async function tcpFindings(
  from: readonly FactReader[],
  to: readonly Ready[],
  ports: readonly PortToTry[],
  timeout: number,
): Promise<readonly PortFinding[]> {
  const found = await Promise.all(
    from.map(async (source) => {
      const ways = to
        .filter(({ host }) => host.name !== source.name)
        .flatMap((target) => portsAt(target, ports).map((port) => ({ target, port })));
      if (ways.length === 0) return [];
      const places = ways.map(({ target, port: { port } }) => ({
        address: target.address,
        port,
        listening: listenerOn(target, 'tcp', port) !== 'nobody',
      }));
      const answers = await tryTcp(source, places, timeout);
      return ways.flatMap(({ target, port }, index) => {
        const answer = answers[index];
        return answer === undefined ? [] : tcpFinding(source, target, port, answer, timeout);
      });
    }),
  );
  return found.flat();
}

function tcpFinding(
  source: FactReader,
  target: Ready,
  port: PortToTry,
  { kind, said }: TcpAnswer,
  timeout: number,
): PortFinding {
  const way = wayOf(source, target, port);
  switch (kind) {
    case 'open':
      return finding(way, 'open');
    case 'silent':
      return finding(way, 'blocked', `no answer within ${timeout} s`);
    case 'unreachable':
      return finding(way, 'blocked', said.toLowerCase());
    case 'untried':
      return finding(way, 'unsure', `could not be tried: ${said}`);
    case 'refused':
      break;
  }
  switch (listenerOn(target, 'tcp', port.port)) {
    case 'ours':
      return finding(way, 'blocked', 'rejected by a firewall');
    case 'held':
      return finding(
        way,
        'blocked',
        'rejected by a firewall, or what listens there does so on another address',
      );
    case 'nobody':
      return finding(
        way,
        'reached',
        `refused: nobody listens, and ${target.host.name} has no program that could (python3, perl, socat or nc)`,
      );
  }
}
