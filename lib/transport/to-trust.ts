import { publicKeyFile } from './shown-key.ts';

/**
 * What an operator does about a host key that is not trusted: lines of a hint.
 * Not a command that fetches the key again by itself, which could be given another one than was compared.
 * @param type of the key that was shown: `ssh-ed25519`
 */
export function toTrust(type: string, { isChanged = false } = {}): readonly string[] {
  const compare = `compare it on the host: ssh-keygen -lf ${publicKeyFile(type)}`;
  return isChanged
    ? [`this may be another machine; ${compare}`, 'then trust it: dabook trust -i <inventory> --replace']
    : [compare, 'then trust it: dabook trust -i <inventory>'];
}
