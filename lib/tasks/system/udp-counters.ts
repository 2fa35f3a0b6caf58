import { type Fact, fact } from '../../fact.ts';
import { sh } from '../../sh.ts';

/** What the kernel of a host has counted, at a moment. */
export interface UdpCounters {
  /** Seconds since the host started, in hundredths. */
  readonly at: number;
  /** Datagrams that arrived, on whatever port, whether or not anybody listened there. */
  readonly arrived: number;
  /** By port, where there is a socket: bytes that wait on it to be read, and datagrams that found no room there. */
  readonly queued: Readonly<Record<number, number>>;
}

/**
 * What arrives at a host by UDP. What its firewall drops or rejects on the way in is not counted.
 * @param ports those whose queues are of interest
 */
export function udpCounters(ports: readonly number[]): Fact<UdpCounters> {
  return fact({
    key: ['udp counters', ...ports],
    read: async (ask) => {
      // grep knows no empty choice: ports of five digits are none.
      const hex = ports.length === 0 ? '.....' : ports.map(hexOf).join('\\|');
      const { stdout } = await ask.sh(sh`cat /proc/uptime
grep -s '^Udp' /proc/net/snmp /proc/net/snmp6 | sed 's/^[^:]*://'
grep -s ${`:\\(${hex}\\) `} /proc/net/udp /proc/net/udp6 | sed 's/^[^:]*://'
:`);
      return parseCounters(stdout, ports);
    },
  });
}

function hexOf(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/** Datagrams are counted when they are read, when nobody listens, and when they cannot be taken. */
const counted = ['InDatagrams', 'NoPorts', 'InErrors'];

/** Reads the text of /proc/uptime, and the lines on UDP of /proc/net/snmp, snmp6, udp and udp6. */
export function parseCounters(text: string, ports: readonly number[]): UdpCounters {
  const lines = text.split('\n');
  const [names = [], values = []] = lines.filter((line) => line.startsWith('Udp: ')).map(words);
  const version4 = counted.map((name) => Number(values[names.indexOf(name)] ?? 0));
  const version6 = counted.map((name) =>
    Number(lines.map(words).find(([word]) => word === `Udp6${name}`)?.[1] ?? 0),
  );
  return {
    at: Number(words(lines[0] ?? '')[0]),
    arrived: [...version4, ...version6].reduce((sum, count) => sum + count, 0),
    queued: Object.fromEntries(ports.flatMap((port) => queuedOn(port, lines))),
  };
}

/** A socket's line: `6882: 00000000:12B5 00000000:0000 07 00000000:00000300 … drops`. */
function queuedOn(port: number, lines: readonly string[]): [number, number][] {
  const own = lines.map(words).filter(([, local]) => local?.endsWith(`:${hexOf(port)}`));
  const bytes = own.reduce((sum, line) => {
    const [, waiting = '0'] = line[4]?.split(':') ?? [];
    return sum + Number.parseInt(waiting, 16) + Number(line[12] ?? 0);
  }, 0);
  return own.length === 0 ? [] : [[port, bytes]];
}

function words(line: string): string[] {
  return line.trim().split(/\s+/);
}
