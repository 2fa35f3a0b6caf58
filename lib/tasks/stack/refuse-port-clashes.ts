import type { PortSpec, ServiceSpec } from '../../compose/service-spec.ts';
import { refuse } from '../../refuse.ts';
import type { DeployBasis } from './deployed-stack.ts';

/**
 * Refuses a port that is certain to be published twice: by one service, by two through the swarm's routing
 * mesh, or by two on the one node that their constraints name. Other clashes depend on where tasks go.
 * @throws DabookError `refused`
 */
export function refusePortClashes({ specs }: Pick<DeployBasis, 'specs'>): void {
  const holders = new Map<string, string>();
  for (const [service, spec] of Object.entries(specs)) {
    for (const port of spec.EndpointSpec?.Ports ?? []) {
      if (!port.PublishedPort) continue;
      const shown = `${port.PublishedPort}/${port.Protocol || 'tcp'}`;
      for (const key of placesOf(port, service, spec).map((place) => `${shown} ${place}`)) {
        const holder = holders.get(key);
        if (holder === service)
          throw refuse(
            `service ${service} publishes port ${shown} twice`,
            'state it in one of the compose files',
          );
        if (holder !== undefined) {
          throw refuse(
            `services ${holder} and ${service} both publish port ${shown} in the same place`,
            'give one of them another port',
          );
        }
        holders.set(key, service);
      }
    }
  }
}

function placesOf(port: PortSpec, service: string, { TaskTemplate }: ServiceSpec): readonly string[] {
  if (port.PublishMode !== 'host') return ['everywhere'];
  const pin = (TaskTemplate.Placement?.Constraints ?? []).find((constraint) =>
    /^\s*node\.(id|hostname)\s*==/.test(constraint),
  );
  return [`of ${service}`, ...(pin === undefined ? [] : [pin.replace(/\s+/g, '')])];
}
