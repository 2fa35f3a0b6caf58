import { basename } from 'node:path';
import { type Secret, secret } from '../../lib/secret.ts';
import { markerOf } from './marker.ts';

let made = 0;

/**
 * A text for a secret of a test, another one at each call, that is looked for wherever it must not be: see
 * "Canaries" in docs/reliability.md. It has letters, digits, dashes and dots alone; put other characters around it.
 * @param label what it is, such as `sudo password`
 */
export function canary(label: string): string {
  made += 1;
  const file = basename(process.argv[1] ?? 'node').replace(/(\.test)?\.[jt]s$/, '');
  return `it.${wordOf(label)}-${markerOf().text}-${wordOf(file)}.${process.pid}.${made}.`;
}

/** A secret whose text is a {@link canary}. */
export function canarySecret<const Label extends string>(label: Label): Secret<Label> {
  return secret(label, canary(label));
}

/**
 * A canary that an operator keeps in a variable of the environment, for `!env`. That it stands there is allowed, in
 * a variable of that very name and in no other.
 */
export function canaryInVariable(name: string): string {
  return `it.env-${markerOf().text}-${name}.`;
}

function wordOf(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]+/g, '_');
}
