import type { DabookError } from '../../errors.ts';
import { refuse } from '../../refuse.ts';
import type { Protocol } from './listeners.ts';

/** A port that hosts are to reach. */
export interface PortToTry {
  readonly port: number;
  readonly protocol: Protocol;
  /** What it is for, shown in messages: `gossip`. */
  readonly purpose?: string;
  /** Names of the hosts that it is to be reached at; all targets by default. */
  readonly at?: readonly string[];
}

/** The way from a host to a port of another. */
export interface PortWay extends Omit<PortToTry, 'at'> {
  /** Names of the hosts. */
  readonly from: string;
  readonly to: string;
  readonly address: string;
}

/** What was found of a way. */
export interface PortFinding extends PortWay {
  /**
   * - `open`: something got through
   * - `reached`: the host itself seems to have said that nobody listens; a firewall could say the same
   * - `blocked`: nothing gets through
   * - `unsure`: it could not be told
   */
  readonly result: 'open' | 'reached' | 'blocked' | 'unsure';
  /** Why it is not open. */
  readonly why?: string;
  /** All of it, for people: `7946/udp from ha2 to ha1 (10.0.0.11): nothing arrived`. */
  readonly text: string;
}

/** A finding with its text. */
export function finding(way: PortWay, result: PortFinding['result'], why?: string): PortFinding {
  const { port, protocol, purpose, from, to, address } = way;
  const meant = purpose === undefined ? '' : ` (${purpose})`;
  const text = `${port}/${protocol}${meant} from ${from} to ${to} (${address}): ${why ?? 'open'}`;
  return { ...way, result, ...(why === undefined ? {} : { why }), text };
}

/** The error that names every way that is blocked, and what to open where. */
export function refuseBlocked(blocked: readonly PortFinding[]): DabookError {
  const wanted = [...new Set(blocked.map(({ to }) => to))].map((to) => {
    const ways = blocked.filter((one) => one.to === to);
    const ports = [...new Set(ways.map(({ port, protocol }) => `${port}/${protocol}`))];
    const sources = [...new Set(ways.map(({ from }) => from))].sort();
    return `on ${to} ${ports.join(', ')} from ${sources.join(', ')}`;
  });
  return refuse(
    `ports that cannot be reached:\n${blocked.map(({ text }) => `  ${text}`).join('\n')}`,
    `open in the firewalls, on both sides and between: ${wanted.join('; ')}`,
  );
}
