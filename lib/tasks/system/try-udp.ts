import { setTimeout as sleep } from 'node:timers/promises';
import type { FactReader } from './fact-reader.ts';
import { burstSize, judgeBurst } from './judge-burst.ts';
import type { Listener } from './listeners.ts';
import { udpBurst } from './udp-burst.ts';
import { type UdpCounters, udpCounters } from './udp-counters.ts';

/** What came of sending datagrams: `all` of them (as good as), `some` or `none` arrived, or it could not be told. */
export interface UdpAnswer {
  readonly kind: 'all' | 'some' | 'none' | 'unsure';
  /** Why the sender could not send. */
  readonly fault?: string;
  /** Of how many it was as many: the last burst. */
  readonly sent: number;
  readonly arrived: number;
}

/** A host that datagrams are sent to, and how loud it is there already. */
export interface UdpTarget {
  readonly host: FactReader;
  readonly address: string;
  readonly listeners: Readonly<Record<number, Listener>>;
  /** What arrives in a second anyway: datagrams on all ports, and bytes in the queues of ports. */
  readonly noise: number;
  readonly queueNoise: Readonly<Record<number, number>>;
}

/** Milliseconds that the noise is listened to. */
const listening = 400;
/** Milliseconds between two looks at what arrived. */
const looks = [0, 100, 300];
const bursts = 2;

/** Listens to a host before anything is sent to it. */
export async function udpTarget(
  host: FactReader,
  address: string,
  listeners: UdpTarget['listeners'],
): Promise<UdpTarget> {
  const ports = Object.keys(listeners).map(Number);
  const before = await host.read(udpCounters(ports));
  await sleep(listening);
  const after = await host.read(udpCounters(ports));
  const seconds = Math.max(after.at - before.at, 0.01);
  const queueNoise = ports.map((port) => [port, growth(before, after, port) / seconds] as const);
  return {
    host,
    address,
    listeners,
    noise: (after.arrived - before.arrived) / seconds,
    queueNoise: Object.fromEntries(queueNoise),
  };
}

/**
 * Sends datagrams from a host to a port of another, where nobody else may send in the meantime; once more where
 * they do not arrive.
 */
export async function tryUdp(from: FactReader, to: UdpTarget, port: number): Promise<UdpAnswer> {
  let answer: UdpAnswer = { kind: 'unsure', sent: 0, arrived: 0 };
  let { noise } = to;
  for (let burst = 0; burst < bursts && answer.kind !== 'all'; burst++) {
    const before = await to.host.read(udpCounters([port]));
    // Where our listener's time is over, nobody listens: that is counted too.
    if (to.listeners[port] === 'ours' && port in before.queued) {
      answer = await intoQueue(from, to, port, before);
    } else {
      ({ answer, noise } = await intoCount(from, to, port, before, noise));
    }
  }
  return answer;
}

/** What arrives on a port that only a listener of ours has waits in its queue. */
async function intoQueue(
  from: FactReader,
  to: UdpTarget,
  port: number,
  before: UdpCounters,
): Promise<UdpAnswer> {
  const sent = burstSize(0);
  const sending = await from.read(udpBurst({ address: to.address, port, count: sent }));
  let answer: UdpAnswer = { ...sending, kind: 'none', sent, arrived: 0 };
  for (const look of looks) {
    await sleep(look);
    const after = await to.host.read(udpCounters([port]));
    const arrived = growth(before, after, port);
    const noise = (to.queueNoise[port] ?? 0) * (after.at - before.at);
    const kind = arrived > 3 * noise ? 'all' : arrived > 0 ? 'unsure' : 'none';
    answer = { ...sending, kind, sent, arrived };
    if (kind === 'all') break;
  }
  return answer;
}

/**
 * What arrives on any other port is taken away by its program, or by nobody: the kernel counts it either way, with
 * all else that arrives. So it has to grow by as much as was sent.
 */
async function intoCount(
  from: FactReader,
  to: UdpTarget,
  port: number,
  before: UdpCounters,
  noise: number,
): Promise<{ readonly answer: UdpAnswer; readonly noise: number }> {
  const sent = burstSize((noise * listening) / 1000);
  const sending = await from.read(udpBurst({ address: to.address, port, count: sent }));
  let answer: UdpAnswer = { ...sending, kind: 'unsure', sent, arrived: 0 };
  for (const look of looks) {
    await sleep(look);
    const after = await to.host.read(udpCounters([]));
    const seconds = after.at - before.at;
    const arrived = after.arrived - before.arrived;
    const kind = judgeBurst({ sent, arrived, noise: noise * seconds });
    if (kind === 'all') {
      // It may be a wave of others' traffic: then more of it is coming now.
      const louder = Math.max(noise, await noiseAfter(to.host, after, seconds));
      const sure = judgeBurst({ sent, arrived, noise: louder * seconds });
      return { answer: { ...sending, kind: sure, sent, arrived }, noise: louder };
    }
    // The longer it is waited, the more others send: what was clear at first stays so.
    if (look > 0 && kind === 'unsure') break;
    answer = { ...sending, kind, sent, arrived };
  }
  return { answer, noise };
}

/** Datagrams that arrive in a second, over as many seconds as have just been looked at. */
async function noiseAfter(host: FactReader, from: UdpCounters, seconds: number): Promise<number> {
  await sleep(seconds * 1000);
  const now = await host.read(udpCounters([]));
  return (now.arrived - from.arrived) / Math.max(now.at - from.at, 0.01);
}

function growth(before: UdpCounters, after: UdpCounters, port: number): number {
  return (after.queued[port] ?? 0) - (before.queued[port] ?? 0);
}
