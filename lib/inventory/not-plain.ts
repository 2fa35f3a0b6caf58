/** Thrown where a text goes beyond what is read without the YAML library; never seen outside of that reading. */
export class NotPlain extends Error {}

/**
 * What has to be there.
 * @throws NotPlain
 */
export function must<T>(part: T | undefined | false): T {
  if (part === undefined || part === false) throw new NotPlain();
  return part;
}
