import type { InputFault } from '../input-fault.ts';
import { visible } from '../visible.ts';
import { type Place, positionOf } from './place.ts';

/** Characters of a warning, which may quote the input. */
const LONGEST = 1000;

/** What is wrong with the input, collected while all of it is read. */
export interface Findings {
  readonly faults: readonly InputFault[];
  readonly warnings: readonly string[];
  fault(message: string, place?: Place, hint?: string): void;
  warn(message: string, place?: Place): void;
}

/** Starts a collection. The same finding at the same place is kept once, however many hosts it concerns. */
export function createFindings(): Findings {
  const faults = new Map<string, InputFault>();
  const warnings = new Set<string>();
  const known = new Map<Place['source'], Set<string>>();

  function isNew(kind: string, message: string, place: Place | undefined): boolean {
    if (place === undefined) return true;
    const seen = known.get(place.source) ?? new Set();
    known.set(place.source, seen);
    const key = `${kind} ${place.offset} ${message}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  }

  return {
    get faults() {
      return [...faults.values()];
    },
    get warnings() {
      return [...warnings];
    },
    fault(message, place, hint) {
      if (!isNew('fault', message, place)) return;
      const position = place && positionOf(place);
      const key = `${position?.file}:${position?.line}:${position?.column}: ${message}`;
      faults.set(key, { message, position, hint });
    },
    warn(message, place) {
      if (!isNew('warn', message, place)) return;
      const position = place && positionOf(place);
      const at = position ? `${position.file}:${position.line}:${position.column}: ` : '';
      warnings.add(visible(at + (message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message)));
    },
  };
}
