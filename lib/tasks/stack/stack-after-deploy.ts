import type { NetworkSpec } from '../../compose/convert-network.ts';
import { namespaceLabel, scoped } from '../../compose/namespace.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { EngineFile, EngineNetwork, EngineService } from './engine-objects.ts';
import type { ForeseenStack } from './foreseen-stack.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/** What the swarm holds of a stack when a deploy is done. */
export function stackAfterDeploy(
  { basis }: DeployedStack,
  { name, prune = false }: StackDeployArgs,
): ForeseenStack {
  const { live, specs, networks, config } = basis;
  const names = new Set(Object.keys(specs).map((key) => scoped(name, key)));
  const deployed = Object.values(specs).map((spec): EngineService => {
    const { ID, Version } = live.services.find(({ Spec }) => Spec.Name === spec.Name) ?? {
      ID: spec.Name,
      Version: { Index: 0 },
    };
    return { ID, Version, Spec: spec };
  });
  const ownNetworks = live.networks.filter(({ Labels }) => Labels?.[namespaceLabel] === name);
  const made = Object.entries(networks.own).filter(
    ([network]) => !live.networks.some(({ Name }) => Name === network),
  );
  return {
    nodeId: live.host.nodeId,
    services: [...(prune ? [] : live.services.filter(({ Spec }) => !names.has(Spec.Name))), ...deployed],
    networks: [...ownNetworks, ...made.map(([network, spec]) => engineNetwork(network, spec))],
    secrets: withMade(live.secrets, name, config.secrets),
    configs: withMade(live.configs, name, config.configs),
  };
}

function engineNetwork(name: string, { IPAM, ...spec }: NetworkSpec): EngineNetwork {
  const subnets = IPAM?.Subnets ?? [];
  return {
    ...spec,
    Id: name,
    Name: name,
    Scope: 'swarm',
    IPAM: { Driver: IPAM?.Driver ?? 'default', Config: subnets.map((Subnet) => ({ Subnet })) },
  };
}

/** The stack's secrets or configs, with those that its files define. */
function withMade(
  live: readonly EngineFile[],
  stack: string,
  defined: Readonly<Record<string, { readonly name?: string; readonly external?: boolean }>>,
): readonly EngineFile[] {
  const names = Object.entries(defined)
    .filter(([, { external }]) => !external)
    .map(([key, { name = scoped(stack, key) }]) => name);
  const made = names.filter((name) => !live.some(({ Spec }) => Spec.Name === name));
  return [...live, ...made.map((name) => ({ ID: name, Spec: { Name: name } }))];
}
