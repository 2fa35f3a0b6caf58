import type { Findings } from 'dabook';
import type { GivenInstallation } from './review-installation.ts';
import type { Service } from './service.ts';

/** Labels of two services, and labels that a host is said to have and no service of it asks for. */
export function reviewLabels(
  { groups, at }: GivenInstallation,
  services: readonly Service[],
  found: Findings,
): void {
  for (const [index, { name, label }] of services.entries()) {
    const twin = services.slice(0, index).find((other) => other.label === label);
    if (twin === undefined) continue;
    found.fault(
      `${name} has the label ${label} of ${twin.name}: each would run where the other belongs`,
      at('services', name, 'label'),
      'give it a label of its own',
    );
  }
  for (const host of [...groups.manager, ...groups.workers]) {
    for (const [index, label] of (host.vars.labels ?? []).entries()) {
      const service = services.find((each) => each.label === label);
      if (service?.node === host.name) continue;
      found.fault(
        service === undefined
          ? `${host.name} has the label ${label}, which no service has`
          : `${host.name} has the label ${label} of ${service.name}, which is on ${service.node}`,
        host.at('labels', index),
        'take it out, or correct the service; labels may be left out: they follow from the services',
      );
    }
  }
}
