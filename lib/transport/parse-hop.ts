import { DabookError } from '../errors.ts';
import type { Target } from './session.ts';

/**
 * A jump host as ProxyJump names it: `[user@]host[:port]`, with `ssh://` before it or not; an IPv6 address in
 * brackets.
 * @throws DabookError `unreachable` where it is none of this
 */
export function parseHop(text: string): Target {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[(.+)\]|([^:]+))(?::(\d+))?\/?$/.exec(text.trim());
  const address = match?.[2] ?? match?.[3];
  if (!match || address === undefined) {
    throw new DabookError('unreachable', `${JSON.stringify(text)} is no jump host`, {
      hint: 'ProxyJump takes [user@]host[:port]',
    });
  }
  const port = match[4] === undefined ? undefined : Number(match[4]);
  return { name: `jump host ${address}`, connection: 'ssh', address, user: match[1], port };
}
