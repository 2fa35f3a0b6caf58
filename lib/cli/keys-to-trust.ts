import type { KeyState, ShownKey } from '../transport/host-key.ts';
import type { ShownHost } from '../transport/ssh.ts';
import type { TrustFlags } from './trust.ts';

/** What is to be said of the keys of a host, and to be done about them. */
export interface KeysToTrust {
  readonly host: ShownHost['host'];
  /** Those that are shown to the operator. */
  readonly news: readonly ShownKey[];
  /** Those of them that are written once they are confirmed. */
  readonly wanted: readonly ShownKey[];
  /** None is: one of them is wrong. */
  readonly isBarred: boolean;
}

/**
 * Decides it for a host as a whole: whoever shows one wrong key may as well show others that nobody knows, and would be
 * trusted by these from then on.
 */
export function keysToTrust(shown: ShownHost, { yes, replace }: TrustFlags): KeysToTrust {
  const { host, keys } = shown;
  // Of a host that is known by one key the others are no news: it is asked for that one.
  const states: readonly KeyState[] = isKnown(shown)
    ? ['changed', 'revoked']
    : ['changed', 'revoked', 'new', 'other', 'unpinned'];
  const news = keys.filter(({ state }) => states.includes(state));
  const isBarred = has(shown, 'revoked') || (has(shown, 'changed') && !replace);
  // That a host changes the type of its keys is not what --yes is given for.
  const taken: readonly KeyState[] = [
    'new',
    ...(replace ? (['changed', 'other'] as const) : yes ? [] : (['other'] as const)),
  ];
  const wanted = isBarred ? [] : news.filter(({ state }) => taken.includes(state));
  return { host, news, wanted, isBarred };
}

/** Whether a host is trusted already, by one of its keys or by an authority. */
function isKnown(shown: ShownHost): boolean {
  return shown.isCertified || has(shown, 'known') || has(shown, 'pinned');
}

/** Whether one of the keys that a host showed is so. */
export function has({ keys }: Pick<ShownHost, 'keys'>, state: KeyState): boolean {
  return keys.some((key) => key.state === state);
}
