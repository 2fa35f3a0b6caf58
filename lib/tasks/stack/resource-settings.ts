import type { ResourcesSpec } from '../../compose/service-spec.ts';
import { tidy } from './tidy.ts';

/** What a service's containers may use at most and get at least: CPUs, bytes of memory, processes. */
export function resourceSettings(resources: ResourcesSpec) {
  const { Limits, Reservations, ...other } = resources;
  return tidy({ limits: amounts(Limits), reservations: amounts(Reservations), ...other });
}

function amounts(amount: ResourcesSpec['Reservations'] & ResourcesSpec['Limits'] = {}) {
  const { NanoCPUs = 0, MemoryBytes, Pids, GenericResources, ...other } = amount;
  return {
    cpus: NanoCPUs / 1e9,
    memory: MemoryBytes,
    pids: Pids,
    generic: Object.fromEntries(
      (GenericResources ?? []).map(({ DiscreteResourceSpec: { Kind = '', Value } = {} }) => [Kind, Value]),
    ),
    ...other,
  };
}
