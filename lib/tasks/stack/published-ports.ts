import { constraintsOf } from '../../compose/constraint.ts';
import { namespaceLabel, scoped } from '../../compose/namespace.ts';
import { isHostPort, type PublishedPort, publishedPorts, showPort } from '../../compose/published-port.ts';
import type { PortSpec, ServiceSpec } from '../../compose/service-spec.ts';
import type { WantedPort } from '../../compose/taken-ports.ts';
import { equal } from '../../equal.ts';
import type { Ask } from '../../fact.ts';
import { isKnown } from '../../unknown.ts';
import type { DeployBasis } from './deployed-stack.ts';
import type { EngineService } from './engine-objects.ts';
import { foreseenStack, foreseenStacks } from './foreseen-stack.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/** The ports that the services of a stack are to publish. */
export function wantedPorts({ specs, live }: DeployBasis): readonly WantedPort[] {
  return Object.entries(specs).flatMap(([key, spec]) => {
    const service = live.services.find(({ Spec }) => Spec.Name === spec.Name);
    return publishedPorts(spec).map((port) => {
      const has = service !== undefined && publishedPorts(service.Spec).some((other) => isSame(port, other));
      const stays = service !== undefined && (!isHostPort(port) || isPlacedAlike(spec, service.Spec));
      return { service: spec.Name, key, spec, port, isNew: !(has && stays) };
    });
  });
}

/** The ports of all other services of the swarm; in check mode as earlier tasks of the check would leave them. */
export async function otherPorts(
  wanted: readonly WantedPort[],
  { specs }: DeployBasis,
  { name, prune = false }: StackDeployArgs,
  ask: Ask,
): Promise<readonly PublishedPort[]> {
  if (wanted.every(({ isNew }) => !isNew)) return [];
  const own = new Set(Object.keys(specs).map((key) => scoped(name, key)));
  const services = await foreseen((await ask.docker<readonly EngineService[]>('/services')) ?? [], ask);
  return services
    .filter(({ Spec }) => !own.has(Spec.Name) && !(prune && Spec.Labels?.[namespaceLabel] === name))
    .flatMap((service) =>
      publishedBy(service).map((port) => ({ service: service.Spec.Name, spec: service.Spec, port })),
    );
}

/** Those that the Engine has chosen by itself included. */
export function publishedBy({ Spec, Endpoint }: EngineService): readonly PortSpec[] {
  const published = publishedPorts(Spec);
  const chosen = publishedPorts({ EndpointSpec: Endpoint ?? undefined });
  return [...published, ...chosen.filter((port) => !published.some((other) => isSame(port, other)))];
}

async function foreseen(services: readonly EngineService[], ask: Ask): Promise<readonly EngineService[]> {
  const stackOf = ({ Spec }: EngineService) => Spec.Labels?.[namespaceLabel] ?? '';
  const changed = await ask.fact(foreseenStacks);
  const held = await Promise.all(changed.map((stack) => ask.fact(foreseenStack(stack))));
  return [
    ...services.filter((service) => !changed.includes(stackOf(service))),
    ...held.flatMap((stack) => (isKnown(stack) ? stack.services : [])),
  ];
}

function isSame(port: PortSpec, other: PortSpec): boolean {
  return showPort(port) === showPort(other) && isHostPort(port) === isHostPort(other);
}

/** As many tasks, on the same nodes. */
function isPlacedAlike(spec: ServiceSpec, other: ServiceSpec): boolean {
  return equal(spec.Mode, other.Mode) && equal(constraintsOf(spec), constraintsOf(other));
}
