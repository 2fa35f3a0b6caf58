import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { posixQuote } from '../../../lib/posix-quote.ts';
import type { Place } from './place.ts';

/**
 * The programs that scripts of steps change things with, or that carry what they write. Before one that only reads it is
 * as it is before the next of these.
 */
const programs = [
  'mktemp',
  'mkdir',
  'chown',
  'chmod',
  'cat',
  'tar',
  'cp',
  'ln',
  'mv',
  'rm',
  'rmdir',
  'touch',
  'setsid',
];

/** Who is ended: the process group that the script runs in, or the process with this number. */
export type Victim = 'group' | number;

/** Ends a script, or who started it, before one of the programs that it starts. */
export interface Doom {
  /** @param call before which of them, from 1; none is never reached */
  arm(call: number, victim: Victim): void;
  /** How many were started since. */
  disarm(): number;
  /** Before which program it came; undefined where it has not. */
  came(): string | undefined;
}

/** Puts programs in the place of those that scripts start, which count how often they are started. */
export function placeDoom({ root, programs: folder }: Place): Doom {
  const armed = join(root, 'armed');
  const calls = join(root, 'calls');
  const come = join(root, 'come');
  const lookUp = (name: string): string[] => {
    try {
      return [execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim()];
    } catch {
      return [];
    }
  };
  if (!existsSync(folder)) {
    mkdirSync(folder);
    for (const name of programs) {
      const [program] = lookUp(name);
      if (program === undefined) continue;
      const script = `#!/bin/sh
if [ -f ${posixQuote(armed)} ]; then
  echo ${name} >>${posixQuote(calls)}
  n=0
  while read -r l; do n=$((n + 1)); done <${posixQuote(calls)}
  read -r call victim <${posixQuote(armed)}
  [ "$n" -lt "$call" ] || [ -e ${posixQuote(come)} ] || { echo ${name} >${posixQuote(come)}; kill -9 "$victim"; }
fi
exec ${posixQuote(program)} "$@"
`;
      writeFileSync(join(folder, name), script, { mode: 0o755 });
    }
  }
  return {
    arm(call, victim) {
      for (const path of [calls, come]) rmSync(path, { force: true });
      writeFileSync(armed, `${call} ${victim === 'group' ? 0 : victim}\n`);
    },
    disarm() {
      rmSync(armed, { force: true });
      return existsSync(calls) ? readFileSync(calls, 'utf8').split('\n').length - 1 : 0;
    },
    came: () => (existsSync(come) ? readFileSync(come, 'utf8').trim() : undefined),
  };
}
