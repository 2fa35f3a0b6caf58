import type { Labels } from 'dabook/tasks';
import type { Service } from './service.ts';

/** The labels that a node with these services has: a placement constraint compares with `true`. */
export function labelsOf(services: readonly Service[]): Labels {
  return Object.fromEntries(services.map(({ label }) => [label, 'true']));
}

/** The labels of all services of the installation that do not belong on a node with these services. */
export function labelsNotOf(services: readonly Service[], all: readonly Service[]): readonly string[] {
  const wanted = labelsOf(services);
  return [...new Set(all.map(({ label }) => label))].filter((label) => !(label in wanted));
}
