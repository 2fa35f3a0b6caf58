import { type ConstrainedNode, constraintsOf, nameOf, satisfiesAll } from './constraint.ts';
import type { Found } from './finding.ts';
import { grouped } from './grouped.ts';
import { lastSpot } from './last-spot.ts';
import { type Claim, overbooked } from './overbooked.ts';
import type { ParsedFile } from './parse-file.ts';
import { isHostPort, type PublishedPort, publishedPorts, showPort } from './published-port.ts';
import type { ServiceSpec } from './service-spec.ts';

/** Services that cannot all publish a port. */
interface PortClash extends Found {
  readonly services: readonly string[];
}

const another = 'give one of them another port';

/**
 * Ports that are certain to be published twice: by one service, by another one than has it in the swarm's
 * routing mesh, or by more tasks on a node's own address than there are nodes for them. Without `nodes` the last
 * is told of two services that are bound to one node by its name or id; other clashes depend on where tasks go.
 */
export function portClashes(
  specs: Readonly<Record<string, ServiceSpec>>,
  files: readonly ParsedFile[],
  nodes?: readonly ConstrainedNode[],
): readonly Found[] {
  const published = Object.entries(specs).flatMap(([service, spec]) =>
    publishedPorts(spec).map((port): PublishedPort => ({ service, spec, port })),
  );
  const byPort = grouped(published, ({ port }) => showPort(port));
  const clashes = [...byPort].flatMap(([shown, holders]) => {
    const twice = holders.find(({ service }, index) =>
      holders.slice(0, index).some((other) => other.service === service),
    );
    if (twice !== undefined) {
      const message = `service ${twice.service} publishes port ${shown} twice`;
      return [clash(message, 'state it in one of the compose files', [twice.service])];
    }
    const meshed = holders.filter(({ port }) => !isHostPort(port)).map(({ service }) => service);
    const hosted = holders.filter(({ port }) => isHostPort(port));
    // The Engine gives nobody a port of a node where the mesh has it.
    if (meshed.length > 0 && holders.length > 1) {
      const where = hosted.length === 0 ? ' in the same place' : `, ${meshed[0]} on every node`;
      return [bothPublish([...meshed, ...hosted.map(({ service }) => service)], shown, where)];
    }
    return nodes === undefined ? pinned(hosted, shown) : crowded(hosted, shown, nodes);
  });
  return clashes.map(({ services, ...found }) => ({
    ...found,
    spot: lastSpot(files, ['services', services.at(-1) ?? '', 'ports']),
  }));
}

interface Holder {
  readonly service: string;
  readonly spec: ServiceSpec;
}

/** Services that their constraints bind to one and the same node. */
function pinned(holders: readonly Holder[], shown: string): readonly PortClash[] {
  const pinOf = ({ spec }: Holder) =>
    constraintsOf(spec)
      .find((constraint) => /^\s*node\.(id|hostname)\s*==/.test(constraint))
      ?.replace(/\s+/g, '');
  const byPin = grouped(
    holders.filter((holder) => pinOf(holder) !== undefined),
    pinOf,
  );
  return [...byPin.values()]
    .filter((sharing) => sharing.length > 1)
    .map((sharing) =>
      bothPublish(
        sharing.map(({ service }) => service),
        shown,
        ' in the same place',
      ),
    );
}

/** More tasks than nodes that may run them, each of which has the port once. */
function crowded(
  holders: readonly Holder[],
  shown: string,
  nodes: readonly ConstrainedNode[],
): readonly PortClash[] {
  const { claims: tasks, places } = overbooked(portClaims(holders, nodes, nameOf));
  const services = [...new Set(tasks.map(({ by }) => by))];
  if (services.length === 0) return [];
  if (services.length === 2 && places.length === 1) return [bothPublish(services, shown, ` on ${places[0]}`)];
  const message = `port ${shown} is published by ${tasks.length} tasks of ${services.join(', ')}, and only ${places.join(', ')} may run them`;
  return [clash(message, 'a node has each of its ports once: give another port, or more nodes', services)];
}

/** What services that publish a port of their node need: a node for each of their tasks. */
export function portClaims(
  holders: readonly Holder[],
  nodes: readonly ConstrainedNode[],
  placeOf: (node: ConstrainedNode) => string,
): readonly Claim[] {
  return holders.flatMap(({ service, spec }): readonly Claim[] => {
    const { Replicated, Global } = spec.Mode ?? {};
    const eligible = nodes.filter((node) => satisfiesAll(node, constraintsOf(spec))).map(placeOf);
    // A job ends, and a service that no node may run clashes with nobody.
    if (eligible.length === 0 || !(Replicated || Global)) return [];
    if (Global) return eligible.map((node) => ({ by: service, places: [node] }));
    return Array.from({ length: Replicated?.Replicas ?? 1 }, () => ({ by: service, places: eligible }));
  });
}

function bothPublish(services: readonly string[], port: string, where: string): PortClash {
  const all = `${services.slice(0, -1).join(', ')} and ${services.at(-1)}`;
  const message = `services ${all} ${services.length > 2 ? 'all' : 'both'} publish port ${port}${where}`;
  return clash(message, another, services);
}

function clash(message: string, hint: string, services: readonly string[]): PortClash {
  return { severity: 'fault', message, hint, services };
}
