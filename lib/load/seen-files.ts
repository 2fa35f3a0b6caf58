/** What the outcome of a type check hangs on. Whole paths. */
export interface SeenFiles {
  /** What was read, and what an import leads to. */
  readonly present: readonly string[];
  /** What an import would have led to, had it been there. */
  readonly absent: readonly string[];
  /** Where links led to. */
  readonly links: readonly (readonly [path: string, target: string])[];
}

const lines = {
  present: /^(?:\s*File '(.+)' exists\b.*|\s*Found 'package\.json' at '(.+)'\.|(\/.+))$/gm,
  absent: /^\s*(?:File|Directory) '(.+)' does not exist\b.*$/gm,
  links: /^\s*Resolving real path for '(.+)', result '(.+)'\.$/gm,
};

/**
 * What a type check has looked at, from what the compiler says with `--listFiles` and `--traceResolution`.
 * None where it does not say it in the words known here.
 */
export function seenFiles(output: string): SeenFiles | undefined {
  const found = (pattern: RegExp) => [...output.matchAll(pattern)];
  const unique = (paths: readonly (string | undefined)[]) => [
    ...new Set(paths.filter((path) => path !== undefined)),
  ];
  const present = unique(
    found(lines.present).map(([, file, manifest, listed]) => file ?? manifest ?? listed),
  );
  const absent = unique(found(lines.absent).map(([, path]) => path));
  const pairs = new Map(found(lines.links).map(([, path = '', target = '']) => [path, target]));
  return present.length > 0 && absent.length > 0 ? { present, absent, links: [...pairs] } : undefined;
}
