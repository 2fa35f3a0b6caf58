import type { InputFault } from '../input-fault.ts';
import type { Redactor } from '../redact.ts';

/**
 * An error without the secrets that are known, in its message, its hint, its stack trace and its causes: for one that is
 * told outside of a run's events.
 */
export function redactedError(
  error: unknown,
  redactor: Pick<Redactor, 'text' | 'value' | 'faults'>,
): unknown {
  if (!(error instanceof Error)) return redactor.value(error);
  const { message, stack, cause } = error;
  const { hint, faults } = error as { hint?: string; faults?: readonly InputFault[] };
  const told = {
    message: redactor.text(message),
    stack: stack && redactor.text(stack),
    hint: hint && redactor.text(hint),
    faults: faults && redactor.faults(faults),
    cause: redactedError(cause, redactor),
  };
  // The same error: who looks at its class finds that. Of some classes of Node's the message can only be defined.
  for (const [key, value] of Object.entries(told)) {
    if (value !== undefined) Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  return error;
}
