import type { Host } from 'dabook';
import type { StackDeployArgs } from 'dabook/tasks';
import { type AddedService, addedServices } from './admin-form.ts';
import { composeFiles, type Installation, type Node } from './installation.ts';
import { type Service, servicesOf } from './service.ts';

/** An installation on its hosts: what the inventory says, and what follows from it. */
export interface Site {
  readonly installation: Installation;
  readonly manager: Host<Node>;
  readonly workers: readonly Host<Node>[];
  /** The manager, then the workers. */
  readonly hosts: readonly Host<Node>[];
  readonly services: readonly Service[];
  /** Services of the workers that the administration page has to be told of. */
  readonly added: readonly AddedService[];
  readonly administration: Service;
  /** The address of each node, by the host's name. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What is deployed, and how. */
  readonly deploy: StackDeployArgs;
}

/** Puts together what the inventory says; a review has seen that it fits. */
export function siteOf(
  groups: {
    readonly manager: readonly [Host<Node>, ...Host<Node>[]];
    readonly workers: readonly Host<Node>[];
  },
  installation: Installation,
): Site {
  const { become } = installation;
  const manager = groups.manager[0].as({ become });
  const workers = groups.workers.map((worker) => worker.as({ become }));
  const hosts = [manager, ...workers];
  const services = servicesOf(installation);
  const administration = services.find(({ kind }) => kind === 'administration');
  if (administration === undefined) throw new Error('the review lets no installation pass without one');
  return {
    installation,
    manager,
    workers,
    hosts,
    services,
    added: addedServices(services, manager.name),
    administration,
    addresses: Object.fromEntries(hosts.map(({ name, vars }) => [name, vars.ip])),
    deploy: {
      name: installation.stack,
      dir: installation.compose_dir,
      files: composeFiles,
      prune: installation.prune,
      withRegistryAuth: installation.registry_auth,
      resolveImage: installation.resolve_image,
      timeout: installation.deploy_timeout,
    },
  };
}

/** Those of some services that a host carries. */
export function onHost<S extends { readonly node: string }>(
  services: readonly S[],
  { name }: { readonly name: string },
): readonly S[] {
  return services.filter(({ node }) => node === name);
}
