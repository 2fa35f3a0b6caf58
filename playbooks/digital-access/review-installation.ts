import type { Findings, Given } from 'dabook';
import { addedServices } from './admin-form.ts';
import type { Installation, Node } from './installation.ts';
import { reviewLabels } from './review-labels.ts';
import { reviewNames } from './review-names.ts';
import { reviewPorts } from './review-ports.ts';
import { type Service, servicesOf } from './service.ts';
import { kinds } from './service-entry.ts';
import { isAtLeast } from './version.ts';

/** What the inventory says, checked by its schemas. */
export type GivenInstallation = Given<
  { readonly manager: typeof Node; readonly workers: typeof Node },
  typeof Installation
>;

/** The first version that has high availability on Docker Swarm. */
const firstVersion = '6.0.2';

/** Holds the description of an installation against itself, before anything is connected to. */
export function reviewInstallation(given: GivenInstallation, found: Findings): void {
  reviewVersion(given, found);
  reviewHosts(given, found);
  if (Object.keys(given.vars.services).length === 0) {
    found.fault(
      'services names no service',
      given.at('services'),
      'name every service and its host, as in { administration: { node: da1 }, policy1: { node: da2 } }',
    );
    return;
  }
  const services = servicesOf(given.vars);
  const misnamed = reviewNames(given, found);
  reviewKinds(given, { services, misnamed }, found);
  reviewNodes(given, services, found);
  reviewIds(given, services, found);
  reviewLabels(given, services, found);
  reviewPorts(given, services, found);
  reviewAnswers(given, services, found);
}

/** An answer that nobody asked for is most likely one to a mistyped name. */
function reviewAnswers(
  { vars, groups, at }: GivenInstallation,
  services: readonly Service[],
  found: Findings,
): void {
  const asked = [...addedServices(services, groups.manager[0].name).map(({ name }) => name), 'done'];
  for (const name of Object.keys(vars.answers)) {
    if (asked.includes(name)) continue;
    found.fault(
      `nobody asks for the answer ${name}`,
      at('answers', name),
      `the answers are ${asked.join(', ')}`,
    );
  }
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
  { services, misnamed }: { readonly services: readonly Service[]; readonly misnamed: readonly string[] },
  found: Findings,
): void {
  for (const name of Object.keys(vars.services)) {
    if (misnamed.includes(name) || services.some((service) => service.name === name)) continue;
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
  const [manager] = groups.manager;
  for (const { name, kind } of services.filter(({ node }) => node === manager.name)) {
    const first = services.find((other) => other.node === manager.name && other.kind === kind);
    if (first === undefined || first.name === name || kind === 'database') continue;
    found.fault(
      `${name} is a second ${kind} service on the manager, beside ${first.name}: services are added on workers`,
      at('services', name, 'node'),
      'put it on a worker; one that the manager has anyhow needs no entry here',
    );
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
