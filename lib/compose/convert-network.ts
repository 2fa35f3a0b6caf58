import { refuse } from '../refuse.ts';
import type { ComposeConfig, ComposeNetwork } from './compose-config.ts';
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

function definitionOf(name: string, { networks, services }: ComposeConfig): ComposeNetwork {
  const network = networks[name];
  if (network !== undefined || name === defaultNetwork) return network ?? {};
  const users = Object.keys(services).filter((service) => services[service]?.networks?.[name] !== undefined);
  throw refuse(
    `the network ${name} of ${users.length > 1 ? 'services' : 'service'} ${users.join(', ')} is not defined`,
    `add it below 'networks:' of one of the compose files`,
  );
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
