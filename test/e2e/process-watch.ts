import { watchProcesses } from '../canary/watch-processes.ts';

/**
 * Looks at the argument lists and environments of all processes of this machine, the lab's hosts included (their
 * processes are seen from here), for texts that must not be there, such as the join tokens that an Engine made itself.
 */
export function watchFor(texts: readonly string[]): {
  stop(): { looks: number; seen: readonly string[] };
} {
  const seen = new Set<string>();
  const watch = watchProcesses({
    interval: 5,
    look: (bytes) => {
      if (texts.some((text) => bytes.includes(text)))
        seen.add(bytes.toString('latin1').replaceAll('\0', ' '));
    },
  });
  return { stop: () => ({ looks: watch.stop().looks, seen: [...seen] }) };
}
