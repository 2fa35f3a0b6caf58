import type { InputFault } from '../input-fault.ts';
import type { Redactor } from '../redact.ts';

/**
 * An error without the secrets that are known, in its message, its hint, its stack trace and its causes: for one that is
 * told outside of a run's events. The same one, as who looks at its class finds that; of one that cannot be changed a copy of
 * its class.
 */
export function redactedError(
  thrown: unknown,
  redactor: Pick<Redactor, 'text' | 'value' | 'faults'>,
): unknown {
  // The causes of a playbook's error may lead back to it.
  const done = new Map<Error, Error>();

  function redacted(error: unknown): unknown {
    if (!(error instanceof Error)) return redactor.value(error);
    const known = done.get(error);
    if (known !== undefined) return known;
    const told = isChangeable(error) ? error : copyOf(error);
    done.set(error, told);
    const { message, stack, cause } = error;
    const { hint, faults } = error as { hint?: string; faults?: readonly InputFault[] };
    const parts = {
      message: redactor.text(message),
      stack: stack && redactor.text(stack),
      hint: hint && redactor.text(hint),
      faults: faults && redactor.faults(faults),
      cause: redacted(cause),
    };
    // Of some classes of Node's the message can only be defined.
    for (const [key, value] of Object.entries(parts)) {
      if (value !== undefined)
        Object.defineProperty(told, key, { value, configurable: true, writable: true });
    }
    return told;
  }

  return redacted(thrown);
}

function isChangeable(error: Error): boolean {
  const own = Object.values(Object.getOwnPropertyDescriptors(error));
  return Object.isExtensible(error) && own.every(({ configurable }) => configurable);
}

function copyOf(error: Error): Error {
  const own = Object.entries(Object.getOwnPropertyDescriptors(error));
  const changeable = own.map(([key, property]) => [key, { ...property, configurable: true }] as const);
  return Object.create(Object.getPrototypeOf(error), Object.fromEntries(changeable));
}
