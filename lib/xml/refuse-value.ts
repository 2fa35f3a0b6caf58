import { refuse } from '../refuse.ts';
import type { XmlPlace } from './find-places.ts';
import { trimmed } from './place-value.ts';

// Controls, and halves of characters and others that XML does not have.
const UNWRITABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u;

/**
 * Refuses a value that would not be read again as it was written. It is not told: it may be a password.
 * @param what whose value it is, for the message
 * @throws DabookError `refused` for control characters, and for blanks around an element's text
 */
export function refuseValue(value: string, place: XmlPlace, what: string): void {
  const [odd] = UNWRITABLE.exec(value) ?? [];
  if (odd !== undefined) {
    const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw refuse(`${what} has a control character (U+${code})`, 'give a value of one line, without them');
  }
  if (place.kind === 'element' && trimmed(value) !== value) {
    throw refuse(
      `${what} has blanks around it, which are no part of an element's text`,
      'leave them out: those that are in the file stay',
    );
  }
}
