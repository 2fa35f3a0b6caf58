import { setTimeout as sleep } from 'node:timers/promises';
import type { FactReader } from './fact-reader.ts';
import { type TcpAnswer, type TcpPlace, tcpAttempts } from './tcp-attempts.ts';

/** Seconds that one attempt may take: no longer than a host's shell may be kept from others. */
const patience = 2;
/** Milliseconds until a refused connection is tried again, and how often. */
const pause = 300;
const retries = 2;

export interface TcpTry extends TcpPlace {
  /** True when somebody listens there, so that a refusal may only be bad luck: who listens takes one at a time. */
  readonly listening: boolean;
}

/**
 * Connects from a host to many places at once; those that do not answer are tried anew until the time is over.
 * @param timeout seconds
 * @returns an answer for each place, in their order
 */
export async function tryTcp(
  from: FactReader,
  places: readonly TcpTry[],
  timeout: number,
): Promise<readonly TcpAnswer[]> {
  const answers = new Map<TcpTry, TcpAnswer>();
  const ask = async (which: readonly TcpTry[], seconds: number) => {
    if (which.length === 0) return;
    const got = await from.read(tcpAttempts(which, seconds));
    for (const [index, place] of which.entries()) answers.set(place, got[index] ?? cutOff);
  };
  const those = (kind: TcpAnswer['kind']) => places.filter((place) => answers.get(place)?.kind === kind);
  await ask(places, Math.min(patience, timeout));
  for (let round = 0; round < retries; round++) {
    const refused = those('refused').filter(({ listening }) => listening);
    if (refused.length === 0) break;
    await sleep(pause);
    await ask(refused, patience);
  }
  for (let left = timeout - patience; left > 0; left -= patience) {
    await ask(those('silent'), Math.min(patience, left));
  }
  return places.map((place) => answers.get(place) ?? cutOff);
}

const cutOff: TcpAnswer = { kind: 'untried', said: 'the attempt was cut off' };
