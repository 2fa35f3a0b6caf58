import type { Findings, Position } from 'dabook';
import type { GivenInstallation } from './review-installation.ts';
import type { Service } from './service.ts';
import type { PublishedPort } from './service-entry.ts';

/** Listeners that their service does not publish, and ports that are published twice. */
export function reviewPorts({ at }: GivenInstallation, services: readonly Service[], found: Findings): void {
  const claims = services.flatMap((service) =>
    (service.ports ?? []).map((port, index) => ({
      service,
      port,
      place: at('services', service.name, 'ports', index),
    })),
  );
  for (const [index, claim] of claims.entries()) {
    const twin = claims
      .slice(0, index)
      .find((other) => isSamePort(claim.port, other.port) && meets(claim, other));
    if (twin === undefined) continue;
    const { service, port } = claim;
    const shown = `${port.published}/${port.protocol ?? 'tcp'}`;
    found.fault(
      twin.service === service
        ? `${service.name} publishes ${shown} twice${also(twin.place)}`
        : `${service.name} publishes ${shown}, as ${twin.service.name} does${whereBoth(claim, twin)}${also(twin.place)}`,
      claim.place,
      'a node has each of its ports once: give one of them another port',
    );
  }
  for (const { name, ports, listeners } of services) {
    if (ports === undefined) continue;
    for (const [index, listener] of listeners.entries()) {
      if (ports.some(({ published }) => published === listener)) continue;
      found.fault(
        `${name} has the listener ${listener}, and does not publish that port`,
        at('services', name, 'listeners', index),
        `add it to its ports, which are ${ports.map(({ published }) => published).join(', ') || 'none'}, or take it out`,
      );
    }
  }
}

interface Claim {
  readonly service: Service;
  readonly port: PublishedPort;
}

function isSamePort(one: PublishedPort, other: PublishedPort): boolean {
  return one.published === other.published && (one.protocol ?? 'tcp') === (other.protocol ?? 'tcp');
}

/** Whether two claims are on one node; a port of the swarm's own mesh is taken on every node. */
function meets(one: Claim, other: Claim): boolean {
  return one.service.node === other.service.node || isMeshed(one) || isMeshed(other);
}

function whereBoth(one: Claim, other: Claim): string {
  if (one.service.node === other.service.node) return ` on ${one.service.node}`;
  return `; in mode ingress that is on every node`;
}

function isMeshed({ port }: Claim): boolean {
  return port.mode === 'ingress';
}

function also(place: Position | undefined): string {
  return place === undefined ? '' : ` (${place.file}:${place.line}:${place.column})`;
}
