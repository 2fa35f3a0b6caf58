import { type DabookError, messageOf } from './errors.ts';
import type { Fault } from './events.ts';

/** How many lines of a failed command's stderr are told. */
const lastLines = 20;

/**
 * An error as it is told.
 * @param where the playbook's line that asked for what failed
 */
export function faultOf(error: unknown, where?: string): Fault {
  const ours = error instanceof Error && error.name === 'DabookError' ? (error as DabookError) : undefined;
  const causes = causesOf(error);
  return {
    // What dabook did not throw on purpose came from the code of a playbook or of a task.
    code: ours?.code ?? 'playbook',
    message: messageOf(error),
    ...(ours?.hint === undefined ? {} : { hint: ours.hint }),
    ...(where === undefined ? {} : { where }),
    ...(ours?.command === undefined
      ? {}
      : { command: { ...ours.command, stderr: tail(ours.command.stderr) } }),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

function tail(text: string): string {
  return text.trimEnd().split('\n').slice(-lastLines).join('\n');
}

function causesOf(error: unknown, seen = new Set([error])): readonly string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  // One of a playbook's may lead to itself.
  if (cause === undefined || seen.has(cause)) return [];
  return [messageOf(cause), ...causesOf(cause, seen.add(cause))];
}
