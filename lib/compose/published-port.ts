import type { PortSpec, ServiceSpec } from './service-spec.ts';

/** A service, and a port that it publishes. */
export interface PublishedPort {
  readonly service: string;
  readonly spec: ServiceSpec;
  readonly port: PortSpec;
}

/** The ports of a service that are published under a number that its spec names. */
export function publishedPorts({ EndpointSpec }: Pick<ServiceSpec, 'EndpointSpec'>): readonly PortSpec[] {
  return (EndpointSpec?.Ports ?? []).filter(({ PublishedPort }) => PublishedPort);
}

/** Whether a port is one of the node that a task runs on, and not of every node. */
export function isHostPort({ PublishMode }: PortSpec): boolean {
  return PublishMode === 'host';
}

/** @example '443/tcp' */
export function showPort({ PublishedPort, Protocol }: PortSpec): string {
  return `${PublishedPort}/${Protocol || 'tcp'}`;
}
