import { isRecord } from '../equal.ts';
import type { ComposeConfig } from './compose-config.ts';
import { parseConstraint } from './constraint.ts';
import type { Found } from './finding.ts';
import { lastSpot } from './last-spot.ts';
import { constrainedNode, isDecidable, type LintNode } from './lint-node.ts';
import type { ParsedFile, Path } from './parse-file.ts';
import { servicesIn } from './stray-services.ts';
import { unsatisfiedConstraints } from './unsatisfied-constraints.ts';

const placement = (service: string): Path => ['services', service, 'deploy', 'placement', 'constraints'];

/** Services whose constraints no node will meet. */
export function unmetConstraints(
  { services }: ComposeConfig,
  files: readonly ParsedFile[],
  nodes: readonly LintNode[],
): readonly Found[] {
  const constrained = nodes.map(constrainedNode);
  return Object.entries(services).flatMap(([service, { deploy }]): readonly Found[] => {
    const constraints = deploy?.placement?.constraints ?? [];
    const decidable = constraints.filter((text) => isDecidable(parseConstraint(text)?.key ?? '', nodes));
    const why = unsatisfiedConstraints(decidable, constrained);
    if (why.length === 0) return [];
    return [
      {
        severity: 'fault',
        message: `no node can run service ${service}: ${why.join('; ')}`,
        hint: 'label a node so, or correct the constraint',
        spot: spotOf(service, constraints, why, files),
      },
    ];
  });
}

/** At the constraint that is told of, or else where the service's constraints are. */
function spotOf(
  service: string,
  constraints: readonly string[],
  why: readonly string[],
  files: readonly ParsedFile[],
) {
  const told = constraints.filter((text) => {
    const key = parseConstraint(text)?.key;
    return key !== undefined && why.some((reason) => reason.includes(key));
  });
  for (const file of files) {
    const index = constraintsIn(file, service).findIndex((text) => told.includes(text));
    if (index >= 0) return file.spot([...placement(service), index]);
  }
  return lastSpot(files, placement(service)) ?? lastSpot(files, ['services', service]);
}

/** Services with constraints in several files: an override adds to them, and moves no service. */
export function scatteredConstraints(files: readonly ParsedFile[]): readonly Found[] {
  const services = [...new Set(files.flatMap(servicesIn))];
  return services.flatMap((service): readonly Found[] => {
    const having = files.filter((file) => constraintsIn(file, service).length > 0);
    if (having.length < 2) return [];
    return [
      {
        severity: 'warning',
        message: `service ${service} has constraints in ${having.map(({ file }) => file).join(' and ')}: they add up, and a node must meet all of them`,
        hint: 'keep the constraints of a service in one file',
        spot: having.at(-1)?.spot(placement(service)),
      },
    ];
  });
}

function constraintsIn({ data }: ParsedFile, service: string): readonly string[] {
  let value: unknown = data;
  for (const key of placement(service)) value = isRecord(value) ? value[key] : undefined;
  return Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
}
