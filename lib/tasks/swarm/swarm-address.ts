import { isIP } from 'node:net';

/** The port on which swarm managers are joined. */
const swarmPort = 2377;

/** An address with the swarm's port where it names none. @example withPort('10.0.0.1') // '10.0.0.1:2377' */
export function withPort(address: string): string {
  switch (isIP(address)) {
    case 6:
      return `[${address}]:${swarmPort}`;
    case 4:
      return `${address}:${swarmPort}`;
    default:
      return /:\d+$/.test(address) ? address : `${address}:${swarmPort}`;
  }
}

/** An address without its port. @example hostOf('[fd00::1]:2377') // 'fd00::1' */
export function hostOf(address: string): string {
  if (isIP(address) !== 0) return address;
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
