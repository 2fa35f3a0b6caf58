import { createHash, randomBytes } from 'node:crypto';

const SEED = 'DABOOK_CANARY_SEED';
/** By seed and kind: it is asked for with every process that is started, and every event. */
const made = new Map<string, Marker>();

/** A text that all canaries of a run of the suite hold, and what it was made of. */
export interface Marker {
  /** Hexadecimal digits: they stay as they are in JSON, in URLs and between the quotes of shells. */
  readonly text: string;
  /** Every way in which it can be written whatever stands before and after it. */
  readonly forms: readonly Buffer[];
}

/**
 * The marker of this run of the suite. It is derived, so that the environment that says which one it is does not
 * hold it. A process that nobody has told of one, such as a test file that is run alone, makes it up for itself
 * and for the processes that it starts.
 * @param kind `beacon` is what the watch is shown on purpose, to see that it sees
 */
export function markerOf(kind: 'canary' | 'beacon' = 'canary'): Marker {
  process.env[SEED] ??= randomBytes(12).toString('hex');
  return markerFrom(process.env[SEED], kind);
}

/** The variable by which processes are told of another marker than this one's. */
export function seeded(seed: string): Record<string, string> {
  return { [SEED]: seed };
}

/** @param kind see {@link markerOf} */
export function markerFrom(seed: string, kind: 'canary' | 'beacon'): Marker {
  const before = made.get(`${kind} ${seed}`);
  if (before !== undefined) return before;
  const text = createHash('sha256').update(`dabook ${kind} ${seed}`).digest('hex').slice(0, 24);
  const hex = Buffer.from(text).toString('hex');
  const forms = new Set([text, text.toUpperCase(), hex, hex.toUpperCase(), ...[0, 1, 2].map(inBase64(text))]);
  const marker = { text, forms: [...forms].map((form) => Buffer.from(form)) };
  made.set(`${kind} ${seed}`, marker);
  return marker;
}

/** What is the same in base64 with that many bytes, of a multiple of three, before it. Of hex digits there is no + or / in it. */
function inBase64(text: string): (before: number) => string {
  return (before) => {
    const all = Buffer.from(`${'\0'.repeat(before)}${text}`).toString('base64url');
    return all.slice(before === 0 ? 0 : before + 1, Math.floor(((before + text.length) * 8) / 6));
  };
}
