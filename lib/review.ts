import type { Bound, BoundHost, ExtraVars } from './bind.ts';
import type { InputFault, Position } from './input-fault.ts';
import type { Findings, Given, Playbook } from './playbook.ts';

/** What a playbook's review of its input came to. */
export interface Reviewed {
  readonly faults: readonly InputFault[];
  readonly warnings: readonly string[];
}

export const noFindings: Reviewed = { faults: [], warnings: [] };

interface Sources {
  readonly groups: readonly (readonly [string, readonly BoundHost[]])[];
  readonly vars: Bound['vars'];
  /** The inventory's group `all`, whose variables the playbook's are. */
  readonly all: { origin(path: readonly PropertyKey[]): Position | undefined };
  readonly extra: ExtraVars;
}

/** Lets the playbook hold its input against itself: what its schemas made of it, and where it stands. */
export function review(playbook: Playbook, { groups, vars, all, extra }: Sources): Reviewed {
  if (playbook.review === undefined) return noFindings;
  const faults: InputFault[] = [];
  const warnings: string[] = [];
  const found: Findings = {
    fault: (message, position, hint) => faults.push({ message, position, hint }),
    warn: (message, position) =>
      warnings.push(position === undefined ? message : `${placed(position)}: ${message}`),
  };
  const at =
    ({ origin }: Sources['all']) =>
    (...path: readonly (string | number)[]) =>
      extra.origin(path) ?? nearest(path, origin);
  const given = groups.map(([group, hosts]) => [
    group,
    hosts.map(({ host, vars: own }) => ({ name: host.name, vars: own, at: at(host) })),
  ]);
  playbook.review(
    { groups: Object.fromEntries(given) as Given<never, never>['groups'], vars, at: at(all) },
    found,
  );
  return { faults, warnings };
}

/** The place of a variable or, where it is not written down, of what it would be in. */
function nearest(path: readonly PropertyKey[], origin: Sources['all']['origin']): Position | undefined {
  const place = origin(path);
  return place !== undefined || path.length === 0 ? place : nearest(path.slice(0, -1), origin);
}

function placed({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}
