import type { ComposePort } from './compose-config.ts';

/**
 * The ports of a short entry: `80`, `8080:80`, `5000-5009:6000-6009/udp`. An address before them is read
 * over, as a swarm publishes on every address.
 * @throws Error for what is no port
 */
export function portWords(entry: string): readonly ComposePort[] {
  const [spec = '', protocol = 'tcp'] = entry.split('/');
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase()))
    throw new Error(`'${entry}' has an unknown protocol`);
  // An IPv6 address stands in brackets, so that what follows the last colons are the ports.
  const [target = '', outer, address, ...more] = spec
    .replace(/^\[[^\]]*\]/, '0')
    .split(':')
    .reverse();
  if (more.length > 0 || (address !== undefined && !/^[\d.]*$/.test(address))) {
    throw new Error(`'${entry}' is no port: write it as in 8080:80 or 8080:80/udp`);
  }
  const targets = range(target, entry);
  const published = outer ? range(outer, entry) : undefined;
  if (published !== undefined && published.length !== targets.length) {
    throw new Error(
      `'${entry}' has as many published ports as others only where both ranges are equally long`,
    );
  }
  return targets.map((target, index) => {
    const at = published?.[index];
    return {
      mode: 'ingress',
      target,
      ...(at === undefined ? {} : { published: at }),
      protocol: protocol.toLowerCase(),
    };
  });
}

function range(text: string, entry: string): readonly number[] {
  const [first = Number.NaN, last = first] = /^\d+(-\d+)?$/.test(text) ? text.split('-').map(Number) : [];
  if (!(first >= 0 && last >= first && last <= 65535))
    throw new Error(`'${entry}' is no port or range of ports`);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
