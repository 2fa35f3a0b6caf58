import { isIP } from 'node:net';
import type { FactReader } from './fact-reader.ts';
import { type Listener, type Listeners, type Protocol, socketName } from './listeners.ts';
import type { PortToTry, PortWay } from './port-finding.ts';

/** A host that is to be reached, and where. */
export interface PortTarget {
  readonly host: FactReader;
  /** IP address, of version 4 or 6, as the others reach it. */
  readonly address: string;
}

/** A target whose ports are listened on, by whomever. */
export type Ready = PortTarget & Listeners;

/** The ports that are to be reached at a target. */
export function portsAt({ host }: PortTarget, ports: readonly PortToTry[]): readonly PortToTry[] {
  return ports.filter(({ at }) => at === undefined || at.includes(host.name));
}

/** The way from a host to a port of a target. */
export function wayOf(
  source: FactReader,
  { host, address }: PortTarget,
  { at: _, ...port }: PortToTry,
): PortWay {
  return { ...port, from: source.name, to: host.name, address };
}

/** Who listens on a port of a target. */
export function listenerOn(target: Ready, protocol: Protocol, port: number): Listener {
  return target.on[socketName({ protocol, family: familyOf(target), port })] ?? 'nobody';
}

/** The version of IP that a target is reached by. */
export function familyOf({ address }: PortTarget): 4 | 6 {
  return isIP(address) === 6 ? 6 : 4;
}
