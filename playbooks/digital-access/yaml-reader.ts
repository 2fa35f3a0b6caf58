import { readYaml } from 'dabook/tasks';

/** What a YAML text says at a path; `undefined` where nothing is. */
export type ReadYaml = (text: string, at: readonly (string | number)[]) => unknown;

/**
 * Reads YAML texts as `readYaml` does, each text once: the three compose files of a host are asked hundreds of
 * questions, and reading them anew for each takes longer than all else of a run that changes nothing.
 */
export function yamlReader(): ReadYaml {
  const known = new Map<string, unknown>();
  return (text, at) => {
    if (!known.has(text)) known.set(text, readYaml(text, []));
    return at.reduce(entryOf, known.get(text));
  };
}

function entryOf(holder: unknown, step: string | number): unknown {
  if (typeof holder !== 'object' || holder === null) return undefined;
  if (Array.isArray(holder) !== (typeof step === 'number')) return undefined;
  return Object.hasOwn(holder, step) ? (holder as Record<string | number, unknown>)[step] : undefined;
}
