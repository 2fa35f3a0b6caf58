import { DabookError } from '../errors.ts';
import type { ComposeConfig, ComposeNetwork } from './compose-config.ts';
import { type Found, refuseFound } from './finding.ts';
import { namespaceLabel, scoped } from './namespace.ts';
import { refuseUnknown } from './refuse-unknown.ts';

/** A network as the Engine is asked to make it. */
export interface NetworkSpec {
  readonly Driver: string;
  readonly Options: Readonly<Record<string, string>>;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly IPAM?: { readonly Driver: string; readonly Subnets: readonly string[] };
  readonly Labels: Readonly<Record<string, string>>;
}

/** The networks that a stack's services are on, by their names in the swarm. */
export interface StackNetworks {
  readonly own: Readonly<Record<string, NetworkSpec>>;
  /** Names of networks that must exist already. */
  readonly external: readonly string[];
}

/** The network that a service is on when its compose file names none. */
export const defaultNetwork = 'default';

/**
 * The networks that deploying makes or expects. Those that no service is on are left out, as docker does.
 * @throws DabookError `refused` for a network that is not defined, or a property that is not known
 */
export function convertNetworks(stack: string, config: ComposeConfig): StackNetworks {
  const used = new Set(
    Object.values(config.services).flatMap(({ networks }) => {
      const names = Object.keys(networks ?? {});
      return names.length === 0 ? [defaultNetwork] : names;
    }),
  );
  const own: Record<string, NetworkSpec> = {};
  const external: string[] = [];
  for (const name of [...used].sort()) {
    const network = definitionOf(name, config);
    if (network.external) external.push(network.name ?? name);
    else own[networkName(stack, name, config)] = convertNetwork(stack, name, network);
  }
  return { own, external };
}

/** The name that a network of the compose files has in the swarm. */
export function networkName(stack: string, name: string, config: ComposeConfig): string {
  return definitionOf(name, config).name ?? scoped(stack, name);
}

function definitionOf(name: string, config: ComposeConfig): ComposeNetwork {
  const network = config.networks[name];
  if (network !== undefined || name === defaultNetwork) return network ?? {};
  const [found] = undefinedNetworks(config).filter((each) => each.network === name);
  throw found === undefined ? new DabookError('bug', `nothing uses the network ${name}`) : refuseFound(found);
}

/** A network that services are on and no file defines. */
export interface UndefinedNetwork extends Found {
  readonly network: string;
  readonly services: readonly string[];
}

/** Networks that services are on and no file defines: docker tells of them half way through a deploy. */
export function undefinedNetworks({ networks, services }: ComposeConfig): readonly UndefinedNetwork[] {
  const users = new Map<string, string[]>();
  for (const [service, { networks: named }] of Object.entries(services)) {
    for (const network of Object.keys(named ?? {})) {
      if (network !== defaultNetwork && networks[network] === undefined)
        users.set(network, [...(users.get(network) ?? []), service]);
    }
  }
  return [...users].map(([network, by]) => ({
    severity: 'fault',
    message: `the network ${network} of ${by.length > 1 ? 'services' : 'service'} ${by.join(', ')} is not defined`,
    hint: "add it below 'networks:' of one of the compose files",
    network,
    services: by,
  }));
}

function convertNetwork(stack: string, key: string, network: ComposeNetwork): NetworkSpec {
  const { name: _, driver, driver_opts, ipam, external: __, internal, attachable, labels, ...rest } = network;
  refuseUnknown(rest, `networks.${key}`);
  const { driver: ipamDriver, config: pools = [], ...restOfIpam } = ipam ?? {};
  refuseUnknown(restOfIpam, `networks.${key}.ipam`);
  const subnets = pools.flatMap(({ subnet, ...restOfPool }) => {
    refuseUnknown(restOfPool, `networks.${key}.ipam.config`);
    return subnet === undefined ? [] : [subnet];
  });
  const hasIpam = ipamDriver !== undefined || subnets.length > 0;
  return {
    Driver: driver === undefined || driver === '' ? 'overlay' : driver,
    Options: driver_opts ?? {},
    Internal: internal ?? false,
    Attachable: attachable ?? false,
    ...(hasIpam ? { IPAM: { Driver: ipamDriver ?? 'default', Subnets: subnets } } : {}),
    Labels: { ...labels, [namespaceLabel]: stack },
  };
}
