import { strayWords } from './allowed.ts';
import { createFinder, findMarker } from './find-marker.ts';
import { hit } from './hits.ts';
import { markerOf } from './marker.ts';

/**
 * Tells of canaries in something that was told.
 * @param by who told it, such as `the output of dabook run`
 */
export function checkWords(words: string | Buffer, by: string): void {
  tell(findMarker(Buffer.from(words), markerOf()), by);
}

/** The same for what comes piece by piece. */
export function checkPieces(by: string): (piece: string | Buffer) => void {
  const find = createFinder(markerOf());
  return (piece) => tell(find(Buffer.from(piece)), by);
}

function tell(names: readonly string[], by: string): void {
  const stray = strayWords(names);
  if (stray.length > 0) hit(stray, `in ${by}`);
}
