import { DabookError } from '../errors.ts';
import type { Target } from './session.ts';

/** Options of the ssh program, as far as they say how to get to a host. */
export interface OpensshWords {
  /** `-F`. */
  readonly configFile?: string | undefined;
  readonly words: readonly string[];
}

const withoutValue = '46CKkq';
const withValue = 'BbcIiJlmop';
const otherWithValue = 'DEFLOPQRSWwe';

/**
 * Picks those options that say how to get to a host. The others say what ssh is to do there (`-f`, `-N`, `-t`, `-W`), how
 * connections are shared (`-M`, `-S`) or what is forwarded (`-A`, `-X`, `-L`): that is dabook's to say. Words that are no options
 * are left out as well: the first of them would be taken for the host.
 */
export function opensshWords(all: readonly string[]): OpensshWords {
  const words: string[] = [];
  let configFile: string | undefined;
  const rest = [...all];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!/^-[^-]/.test(word)) continue;
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      if (withoutValue.includes(letter)) words.push(`-${letter}`);
      if (!withValue.includes(letter) && !otherWithValue.includes(letter)) continue;
      const value = word.slice(at + 1) || rest.shift();
      if (value === undefined) break;
      if (letter === 'F') configFile = value;
      else if (withValue.includes(letter)) words.push(`-${letter}`, value);
      break;
    }
  }
  return { configFile, words };
}

/** What says which keys of hosts are trusted, or are no longer, whichever they are. */
const operatorsOwn = ['KnownHostsCommand', 'RevokedHostKeys'];

/**
 * Refuses options of an inventory that would have any key trusted: these are the operator's own to give, in the ssh
 * configuration.
 * @throws DabookError `unreachable`
 */
export function refuseLooseOptions({ name, sshOptions = [] }: Target): void {
  // ssh takes a name in quotes, too, even with one in its middle, and after an equals sign.
  const given = opensshWords(sshOptions).words.map((word) => word.replace(/"|^[\s="]+/g, '').toLowerCase());
  const loose = operatorsOwn.find((one) => given.some((word) => word.startsWith(one.toLowerCase())));
  if (loose === undefined) return;
  throw new DabookError('unreachable', `${name}: ${loose} is not taken from an inventory`, {
    hint: 'leave it out of ansible_ssh_common_args and the like: it is for the ssh configuration to say (~/.ssh/config)',
  });
}
