import type { Findings } from 'dabook';
import type { GivenInstallation } from './review-installation.ts';

/** The longest name that a swarm takes, the stack's and the line between them included. */
const longest = 63;

/**
 * The names that no service can have: they are host names on the stack's network, and a swarm takes no others.
 * @returns those names
 */
export function reviewNames({ vars, at }: GivenInstallation, found: Findings): readonly string[] {
  return Object.keys(vars.services).filter((name) => {
    const whole = `${vars.stack}_${name}`;
    if (!/^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/.test(name)) {
      found.fault(
        `${name === '' ? 'an empty name' : name} cannot be the name of a service`,
        at('services', name),
        'take small letters, digits, - and _, with a letter or a digit at both ends, as in policy1',
      );
      return true;
    }
    if (whole.length <= longest) return false;
    found.fault(
      `the name ${whole} of the service ${name} in its stack has ${whole.length} letters, and a swarm takes ${longest}`,
      at('services', name),
      'give it a shorter one',
    );
    return true;
  });
}
