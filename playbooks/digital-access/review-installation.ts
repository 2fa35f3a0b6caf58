import type { Findings, Given } from 'dabook';
import type { Installation, Node } from './installation.ts';
import { type Service, servicesOf } from './service.ts';
import { kinds } from './service-entry.ts';
import { isAtLeast } from './version.ts';

type GivenInstallation = Given<
  { readonly manager: typeof Node; readonly workers: typeof Node },
  typeof Installation
>;

/** The first version that has high availability on Docker Swarm. */
const firstVersion = '6.0.2';

/** Holds the description of an installation against itself, before anything is connected to. */
export function reviewInstallation(given: GivenInstallation, found: Findings): void {
  const services = servicesOf(given.vars);
  reviewVersion(given, found);
  reviewHosts(given, found);
  reviewKinds(given, services, found);
  reviewNodes(given, services, found);
  reviewIds(given, services, found);
  reviewLabels(given, services, found);
}

function reviewVersion({ vars: { version }, at }: GivenInstallation, found: Findings): void {
  if (isAtLeast(version, firstVersion)) return;
  found.fault(
    `version ${version} has no high availability on Docker Swarm: it came with ${firstVersion}`,
    at('version'),
    'upgrade the installations first; those of 5.x are appliances, which have their own procedure',
  );
}

function reviewHosts({ groups: { manager, workers } }: GivenInstallation, found: Findings): void {
  for (const extra of manager.slice(1)) {
    found.fault(
      `${extra.name} is a second host of the group manager, beside ${manager[0].name}`,
      extra.at(),
      'leave the host whose swarm is kept in it, and put the others into the group workers',
    );
  }
  for (const worker of workers) {
    if (!manager.some(({ name }) => name === worker.name)) continue;
    found.fault(
      `${worker.name} is in the group manager and in the group workers`,
      worker.at(),
      'leave it in one',
    );
  }
  const all = [...manager, ...workers.filter(({ name }) => manager.every((host) => host.name !== name))];
  for (const [index, host] of all.entries()) {
    const twin = all.slice(0, index).find(({ vars }) => vars.ip === host.vars.ip);
    if (twin === undefined) continue;
    found.fault(
      `${host.name} has the address ${host.vars.ip} of ${twin.name}`,
      host.at('ip'),
      'give each host the address under which the other nodes reach it',
    );
  }
}

function reviewKinds(
  { vars, groups, at }: GivenInstallation,
  services: readonly Service[],
  found: Findings,
): void {
  for (const name of Object.keys(vars.services)) {
    if (services.some((service) => service.name === name)) continue;
    found.fault(
      `the name ${name} does not say what kind of service it is`,
      at('services', name),
      `give it one: kind: ${kinds.join(', ')}`,
    );
  }
  const administrations = services.filter(({ kind }) => kind === 'administration');
  for (const { name } of administrations.slice(1)) {
    found.fault(
      `${name} is a second administration service beside ${administrations[0]?.name}: an installation has exactly one`,
      at('services', name),
      'leave the one of the manager',
    );
  }
  const [administration] = administrations;
  if (administration === undefined) {
    found.fault(
      'no service is the administration service',
      at('services'),
      'name it: administration: { node: … }',
    );
  } else if (administration.node !== groups.manager[0].name) {
    found.fault(
      `${administration.name} is on ${administration.node}, and the manager is ${groups.manager[0].name}`,
      at('services', administration.name, 'node'),
      'the node with the administration service is the one whose swarm is kept: make it the manager',
    );
  }
  const database = services.find(({ kind }) => kind === 'database');
  if (database !== undefined) {
    found.warn(
      `${database.name} is a database within the installation: when its node is lost, so are all services that need it; the product asks for an external one`,
      at('services', database.name),
    );
  }
}

function reviewNodes({ groups, at }: GivenInstallation, services: readonly Service[], found: Findings): void {
  const names = [...groups.manager, ...groups.workers].map(({ name }) => name);
  for (const { name, node } of services) {
    if (names.includes(node)) continue;
    found.fault(
      `${name} is on ${node}, which is no host of the groups manager and workers`,
      at('services', name, 'node'),
      `the hosts are ${names.join(', ')}`,
    );
  }
  for (const node of names) {
    const here = services.filter((service) => service.node === node);
    if (here.length === 0) {
      found.warn(`${node} carries no service`, hostAt(groups, node));
    }
    const accessPoint = here.find(({ kind }) => kind === 'access-point');
    const others = here.filter(({ kind }) => kind !== 'access-point').map(({ name }) => name);
    if (accessPoint !== undefined && others.length > 0) {
      found.warn(
        `${accessPoint.name} shares ${node} with ${others.join(', ')}: an access point, which stands in front, is best alone on its node`,
        at('services', accessPoint.name),
      );
    }
    for (const [index, service] of here.entries()) {
      const twin = here.slice(0, index).find(({ folder }) => folder === service.folder);
      if (twin === undefined) continue;
      found.fault(
        `${service.name} has the folder ${service.folder} of ${twin.name} on ${node}`,
        at('services', service.name),
        'put it on another node, or give it a folder of its own: folder: …',
      );
    }
  }
}

function hostAt(groups: GivenInstallation['groups'], node: string) {
  return [...groups.manager, ...groups.workers].find(({ name }) => name === node)?.at();
}

function reviewIds({ at }: GivenInstallation, services: readonly Service[], found: Findings): void {
  for (const [index, { name, id }] of services.entries()) {
    const twin = services.slice(0, index).find((other) => id !== undefined && other.id === id);
    if (twin === undefined) continue;
    found.fault(
      `${name} has the id ${id} of ${twin.name}: an id belongs to one service of the whole installation`,
      at('services', name, 'id'),
      'take the ids from the administration page',
    );
  }
}

function reviewLabels(
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
