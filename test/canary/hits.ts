import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutMarker } from './find-marker.ts';
import { markerOf } from './marker.ts';

/** The variable with the folder in which all processes of a run of the suite write down what they find. */
export const HITS = 'DABOOK_CANARY_HITS';

const told = new Set<string>();

/**
 * Tells that a secret was found where it must not be. It makes this process fail when it ends, and the suite with it.
 * @param where such as `in the file /tmp/x`
 */
export function hit(names: readonly string[], where: string): void {
  const line = withoutMarker(`canary: ${names.join(', ')}: ${where}`, markerOf()).replaceAll('\n', ' ');
  if (told.has(line)) return;
  if (told.size === 0) {
    // Not process.exitCode now: tap sets it itself.
    process.on('exit', () => {
      process.exitCode ||= 1;
    });
  }
  told.add(line);
  process.stderr.write(`${line}\n`);
  const folder = process.env[HITS];
  if (folder !== undefined) appendFileSync(join(folder, `${process.pid}`), `${line}\n`);
}
