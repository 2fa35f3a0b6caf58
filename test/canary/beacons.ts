import type { Marker } from './marker.ts';
import type { Side } from './watch-processes.ts';

/** Milliseconds: the lives that they have in turn, beside the start of two programs. */
const LIVES = [100, 20, 1];

/** Shows the watch what it is to see, in the arguments and the environment of a process that lives for a moment. */
export interface Beacons {
  /** Shows the next one. */
  show(): void;
  look(bytes: Buffer, side: Side): void;
  /** Why the watch cannot be believed; undefined where it saw half of those that live longest, or more. */
  fault(): string | undefined;
  /** How many were seen on both sides, of each life. */
  told(): string;
}

/**
 * @param marker is in them; another one than that of canaries
 * @param start starts a program
 */
export function createBeacons(
  marker: Marker,
  start: (program: string, args: string[], env: Record<string, string>) => unknown,
): Beacons {
  const text = Buffer.from(marker.text);
  const kinds = LIVES.map((life) => ({
    life,
    shown: 0,
    cmdline: new Set<string>(),
    environ: new Set<string>(),
  }));
  let number = 0;
  const seen = ({ cmdline, environ }: (typeof kinds)[number]) =>
    [...cmdline].filter((name) => environ.has(name)).length;
  return {
    show() {
      const index = number % kinds.length;
      const kind = kinds[index];
      if (kind === undefined) return;
      const name = `${marker.text}.${index}.${number}.`;
      number += 1;
      kind.shown += 1;
      const life = String(kind.life / 1000);
      start('/bin/sh', ['-c', 'sleep "$0"; :', life, name], { PATH: process.env.PATH ?? '', BEACON: name });
    },
    look(bytes, side) {
      const at = bytes.indexOf(text);
      if (at < 0) return;
      const [, index, name] = /^\.(\d)\.(\d+)\./.exec(bytes.toString('latin1', at + text.length)) ?? [];
      if (name !== undefined) kinds[Number(index)]?.[side].add(name);
    },
    fault() {
      const [longest] = kinds;
      if (longest !== undefined && seen(longest) > 0 && seen(longest) * 2 >= longest.shown) return undefined;
      return 'canary: the watch did not see what it was shown, so that it saw nothing else says nothing';
    },
    told() {
      const told = kinds.filter(({ shown }) => shown > 0);
      return told.map((kind) => `${seen(kind)} of ${kind.shown} that last ${kind.life} ms`).join(', ');
    },
  };
}
