import type { NetworkSpec } from '../../compose/convert-network.ts';
import { namespaceLabel } from '../../compose/namespace.ts';
import type { EngineNetwork } from './engine-objects.ts';
import { dropEmpty } from './tidy.ts';

/** A network of a stack as it is compared and shown. */
export interface NetworkSettings {
  readonly driver: string;
  readonly [setting: string]: unknown;
}

/** What the overlay driver notes down by itself. */
const noted = 'com.docker.network.driver.overlay.vxlanid_list';

/** The settings of a network that compose files ask for. */
export function wantedNetworkSettings(spec: NetworkSpec): NetworkSettings {
  return settings({
    driver: spec.Driver,
    options: spec.Options,
    internal: spec.Internal,
    attachable: spec.Attachable,
    ipam: spec.IPAM?.Driver,
    subnets: spec.IPAM?.Subnets,
    labels: spec.Labels,
  });
}

/**
 * The settings of a network that exists.
 * @param wanted settles what the Engine chose by itself: its subnets count only where some are asked for
 */
export function networkSettings(network: EngineNetwork, wanted: NetworkSpec | undefined): NetworkSettings {
  const { [noted]: id, ...options } = network.Options ?? {};
  const subnets = (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : []));
  const asksForSubnets = wanted?.IPAM !== undefined && wanted.IPAM.Subnets.length > 0;
  return settings({
    driver: network.Driver,
    options: id !== undefined && wanted?.Options[noted] !== undefined ? { ...options, [noted]: id } : options,
    internal: network.Internal,
    attachable: network.Attachable,
    ipam: network.IPAM?.Driver,
    subnets: asksForSubnets ? subnets : [],
    labels: network.Labels,
  });
}

interface Parts {
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly internal: boolean | undefined;
  readonly attachable: boolean | undefined;
  readonly ipam: string | undefined;
  readonly subnets: readonly string[] | undefined;
  readonly labels: Readonly<Record<string, string>> | null | undefined;
}

function settings({ driver, ipam, subnets, labels, ...parts }: Parts): NetworkSettings {
  const { [namespaceLabel]: _, ...own } = labels ?? {};
  const shown = dropEmpty({
    ...parts,
    ipam: ipam === 'default' ? undefined : ipam,
    subnets: [...(subnets ?? [])].sort(),
    labels: own,
  });
  return { driver, ...shown };
}
