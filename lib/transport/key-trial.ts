import type { ServerHostKeyAlgorithm } from 'ssh2';
import type { DabookError } from '../errors.ts';
import { algorithmsFor, judgeHostKey, type KeyedHost, keyTypeOf } from './host-key.ts';
import { isPinned, unpinnedKeys, unusablePins } from './judge-pinned.ts';
import type { KnownHosts } from './known-hosts.ts';
import { revocation } from './revoked-keys.ts';
import { typeOf } from './shown-key.ts';
import { hostKeyAlgorithms } from './ssh-algorithms.ts';

/** One connection's attempt to get a key of a host that is trusted. */
export interface KeyTrial {
  /** What the host is asked for, the first ones rather. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** For ssh2: judges the key that the host shows. */
  verify(key: Buffer, tell: (isTrusted: boolean) => void): void;
  /**
   * Why no key is trusted, or how to try again; neither where the key is not what the connection failed for.
   * @param said what ssh2 said when it failed
   */
  outcome(said: string): { readonly fault?: DabookError | undefined; readonly again?: KeyTrial };
}

/** What earlier trials brought. */
interface Before {
  /** The names that are hashed are looked for, too. */
  readonly thorough: boolean;
  readonly shown: readonly Buffer[];
}

/**
 * Asks a host for a key that it is known by. One that shows another is asked again: once where only a hashed name
 * tells by which key it is known, and for each type where the inventory pins a fingerprint, which may be of any.
 * @param revokedKeysFile `RevokedHostKeys` of the ssh configuration
 */
export function createKeyTrial(
  host: KeyedHost,
  known: KnownHosts,
  revokedKeysFile: string | undefined,
  before: Before = { thorough: false, shown: [] },
): KeyTrial {
  const { shown: name, pins } = host;
  const types = before.shown.map(typeOf);
  const algorithmsBy = (keysOf: KnownHosts['keysOf']) =>
    algorithmsFor(host, keysOf, hostKeyAlgorithms).filter((one) => !types.includes(keyTypeOf(one)));
  const algorithms = algorithmsBy(before.thorough ? known.keysOf : known.plainKeysOf);
  const again = (more: Partial<Before>) =>
    createKeyTrial(host, known, revokedKeysFile, { ...before, ...more });
  let key: Buffer | undefined;
  let refused: DabookError | undefined;

  const outcome = (said: string) => {
    if (algorithms.length === 0 && pins) return { fault: unusablePins(name, pins) };
    if (pins && before.shown.length > 0 && /no matching/i.test(said)) {
      return { fault: unpinnedKeys(name, pins, before.shown) };
    }
    if (key === undefined || refused === undefined) return {};
    if (pins && !isPinned(pins, key)) {
      const shown = [...before.shown, key];
      const isLast = algorithms.every((one) => shown.map(typeOf).includes(keyTypeOf(one)));
      return isLast ? { fault: unpinnedKeys(name, pins, shown) } : { again: again({ shown }) };
    }
    const isOther = !pins && !before.thorough && algorithmsBy(known.keysOf)[0] !== algorithms[0];
    return isOther ? { again: again({ thorough: true }) } : { fault: refused };
  };

  return {
    algorithms,
    outcome,
    verify(shown, tell) {
      key = shown;
      const revoked = revokedKeysFile === undefined ? undefined : revocation(name, revokedKeysFile, shown);
      Promise.resolve(revoked).then((fault) => {
        refused = fault ?? judgeHostKey(host, shown, known);
        tell(refused === undefined);
      });
    },
  };
}
