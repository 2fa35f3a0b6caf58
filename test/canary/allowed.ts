import { findMarker } from './find-marker.ts';
import { type Marker, markerOf } from './marker.ts';

const files: { readonly name: string; readonly path: RegExp }[] = [];
const told: string[] = [];

/**
 * Says that a file is meant to hold a canary: one that the test wrote, such as an inventory, or one that a task had
 * to write.
 * @param text the canary, or a text with it
 * @param path found in the path of the file
 */
export function mayHold(text: string, path: RegExp): void {
  for (const name of namesIn(text)) files.push({ name, path });
}

/**
 * Does something that is meant to print a canary, such as `dabook secret view`.
 * @param text the canary, or a text with it
 */
export async function telling<R>(text: string, work: () => R | Promise<R>): Promise<R> {
  const names = namesIn(text);
  told.push(...names);
  try {
    return await work();
  } finally {
    for (const name of names) told.splice(told.indexOf(name), 1);
  }
}

/** Those of the canaries found in a file that are not meant to be there. */
export function strayIn(path: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => !files.some((each) => each.name === name && each.path.test(path)));
}

/** Those of the canaries found in what was printed that are not meant to be told. */
export function strayWords(names: readonly string[]): readonly string[] {
  return names.filter((name) => !told.includes(name));
}

/**
 * The variables of an environment that hold a canary and are not meant to: see {@link canaryInVariable}.
 * @param entries as in /proc/PID/environ, with NUL bytes between them
 */
export function strayVariables(entries: Buffer, marker: Marker): readonly string[] {
  if (findMarker(entries, marker).length === 0) return [];
  return entries
    .toString('latin1')
    .split('\0')
    .filter((entry) => {
      if (findMarker(Buffer.from(entry, 'latin1'), marker).length === 0) return false;
      const name = entry.slice(0, entry.indexOf('='));
      return entry !== `${name}=it.env-${marker.text}-${name}.`;
    });
}

function namesIn(text: string): readonly string[] {
  const names = findMarker(Buffer.from(text), markerOf());
  if (names.length === 0) throw new Error(`there is no canary in "${text}"`);
  return names;
}
