import { readFileSync } from 'node:fs';
import { strayVariables } from './allowed.ts';
import { findMarker, withoutMarker } from './find-marker.ts';
import type { Marker } from './marker.ts';
import type { Side } from './watch-processes.ts';

/** Looks for canaries in arguments and environments of processes. What has been found is told once for each process. */
export function createProcessCheck(marker: Marker): {
  look(bytes: Buffer, pid: number, side: Side): void;
  hits(): readonly string[];
} {
  const hits = new Set<string>();
  const commandOf = (words: Buffer) =>
    withoutMarker(words.toString('latin1').replaceAll('\0', ' '), marker).slice(0, 300).trim();
  const isQuick = (bytes: Buffer) => marker.forms.every((form) => !bytes.includes(form));
  return {
    look(bytes, pid, side) {
      if (isQuick(bytes)) return;
      if (side === 'cmdline') {
        const names = findMarker(bytes, marker).join(', ');
        hits.add(`canary: ${names}: in the arguments of process ${pid}, ${commandOf(bytes)}`);
        return;
      }
      for (const entry of strayVariables(bytes, marker)) {
        const names = findMarker(Buffer.from(entry, 'latin1'), marker).join(', ');
        const [variable = ''] = entry.split('=');
        hits.add(
          `canary: ${names}: in the variable ${variable} of process ${pid}, ${commandOf(wordsOf(pid))}`,
        );
      }
    },
    hits: () => [...hits],
  };
}

function wordsOf(pid: number): Buffer {
  try {
    return readFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return Buffer.from('which has ended');
  }
}
