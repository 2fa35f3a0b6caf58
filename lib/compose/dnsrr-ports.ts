import type { Found } from './finding.ts';
import { lastSpot } from './last-spot.ts';
import type { ParsedFile } from './parse-file.ts';
import { isHostPort } from './published-port.ts';
import type { ServiceSpec } from './service-spec.ts';

/** Ports of the routing mesh on services that are not in it: the Engine refuses these half way through a deploy. */
export function dnsrrPorts(
  specs: Readonly<Record<string, ServiceSpec>>,
  files: readonly ParsedFile[],
): readonly Found[] {
  return Object.entries(specs).flatMap(([service, { EndpointSpec }]): readonly Found[] => {
    if (EndpointSpec?.Mode !== 'dnsrr') return [];
    const meshed = (EndpointSpec.Ports ?? []).find((port) => !isHostPort(port));
    if (meshed === undefined) return [];
    return [
      {
        severity: 'fault',
        message: `service ${service} publishes port ${meshed.PublishedPort || meshed.TargetPort} through the routing mesh, and endpoint_mode: dnsrr keeps it out of that`,
        hint: "publish it with 'mode: host', or leave endpoint_mode out",
        spot: lastSpot(files, ['services', service, 'ports']),
      },
    ];
  });
}
