import { DabookError } from '../../errors.ts';
import type { Ask } from '../../fact.ts';

/** The error for a thing that may not be looked at. Takes what a command said, and the names that it was given. */
export type Denials = (...names: readonly string[]) => DabookError | undefined;

/**
 * What programs that look at files had to say of rights that the user lacks.
 * @returns a function that gives the error for a thing by its names; what was said of no name that can be told is
 * said of each thing, since it may be about that one
 */
export function denials(ask: Ask, stderr: string, names: ReadonlySet<string>): Denials {
  const lines = stderr.split('\n').filter((line) => /permission denied/i.test(line));
  if (lines.length === 0) return () => undefined;
  const about = new Map<string, string>();
  const unclear = lines.filter((line) => {
    // `stat: cannot statx '/a': …`, `sha256sum: /a: …`, and busybox: `sha256sum: can't open '/a': …`
    const [, name = ''] = / '(.+)': /.exec(line) ?? /: (.+): /.exec(line) ?? [];
    if (names.has(name)) about.set(name, line);
    return !names.has(name);
  });
  return (...names) => {
    const line = names.map((name) => about.get(name)).find(Boolean) ?? unclear[0];
    if (line === undefined) return undefined;
    return new DabookError('command', `${ask.host}: ${line.slice(line.indexOf(': ') + 2)}`, {
      hint: ask.become ? 'root itself may not read it there' : 'run as root: become: true, or -b',
    });
  };
}
