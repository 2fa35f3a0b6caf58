import type { Step } from './step.ts';

/** What a check foresees of the files of a host, beyond the states of its tasks. */
export interface ForeseenFiles {
  /** Whether rights may be others by the time of an apply. */
  readonly changesRights: boolean;
  /** Devices on which there may be more room by then; `anywhere` for all of them. */
  readonly freed: ReadonlySet<string>;
  /** How many bytes are written to each device. */
  readonly written: ReadonlyMap<string, number>;
}

/** In the place of a device that is not known. */
export const anywhere = '';

/** Facts have other keys: theirs are lists. */
const key = 'files';

/** What is foreseen so far. */
export function foreseenFiles(foreseen: ReadonlyMap<string, unknown>): ForeseenFiles {
  const none: ForeseenFiles = { changesRights: false, freed: new Set(), written: new Map() };
  return (foreseen.get(key) as ForeseenFiles | undefined) ?? none;
}

/** Adds what steps do. What a command does that does not say what it needs, nobody knows. */
export function foreseeFiles(
  foreseen: Map<string, unknown>,
  steps: readonly Step[],
  more: ForeseenFiles,
): void {
  const before = foreseenFiles(foreseen);
  const isOpen = steps.some((step) => step.kind === 'exec' && step.needs === undefined);
  // A container that goes takes files with it.
  const frees = steps.some((step) => step.kind === 'docker' && (step.method === 'DELETE' || step.destroys));
  foreseen.set(key, {
    changesRights: before.changesRights || more.changesRights || isOpen,
    freed: new Set([...before.freed, ...more.freed, ...(isOpen || frees ? [anywhere] : [])]),
    written: more.written,
  } satisfies ForeseenFiles);
}
