import type { ComposeConfig } from '../../compose/compose-config.ts';
import type { ComposeSource } from '../../compose/compose-source.ts';
import { convertNetworks, type StackNetworks } from '../../compose/convert-network.ts';
import { convertService } from '../../compose/convert-service.ts';
import { namespaceLabel, unscoped } from '../../compose/namespace.ts';
import type { ServiceSpec } from '../../compose/service-spec.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';
import type { EngineService } from './engine-objects.ts';
import { type FileObjects, readFileObjects, withFileIds } from './file-objects.ts';
import { type NetworkSettings, networkSettings } from './network-settings.ts';
import { readCompose } from './read-compose.ts';
import { type LiveStack, readStack } from './read-stack.ts';
import { type ServiceState, serviceState } from './service-state.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';
import { stackObjects } from './stack-objects.ts';
import { type PlacedTask, placedTasks } from './stack-tasks.ts';

/** A stack as it runs, and as far as its compose files tell. */
export interface DeployedStack {
  /** By the names of the compose files. */
  readonly services: Readonly<Record<string, ServiceState>>;
  /** Networks of the stack, by their names in the swarm. */
  readonly networks: Readonly<Record<string, NetworkSettings>>;
  /** Where each service's tasks run. In check mode as it is now. */
  readonly tasks: Readonly<Record<string, readonly PlacedTask[]>>;
  /** What all this was read from; the same before and after. */
  readonly basis: DeployBasis;
}

/** What a deploy is planned from. */
export interface DeployBasis {
  readonly files: readonly string[];
  readonly dir: string | undefined;
  readonly sources: readonly ComposeSource[];
  readonly config: ComposeConfig;
  /** The merged files in the Engine's words, by the names of the compose files. */
  readonly specs: Readonly<Record<string, ServiceSpec>>;
  readonly networks: StackNetworks;
  readonly live: LiveStack;
  readonly fileObjects: FileObjects;
  /** Ids of networks to their names. */
  readonly networkNames: Readonly<Record<string, string>>;
}

/** The stack of a deploy: its compose files, and what runs of them. One round trip, two with secrets or configs. */
export function deployedStack(args: StackDeployArgs): Fact<DeployedStack> {
  return fact({ key: ['deployed stack', args.name], read: (ask) => read(ask, args) });
}

async function read(ask: Ask, { name, files, dir, prune = false }: StackDeployArgs): Promise<DeployedStack> {
  const objects = stackObjects(name);
  const [{ config, sources }, found, foreseen] = await Promise.all([
    readCompose(ask, files, dir),
    readStack(ask, name),
    ask.foreseen(objects) ? ask.fact(objects) : undefined,
  ]);
  const live = foreseen === undefined ? found : onlyNamed(found, name, foreseen);
  const networks = convertNetworks(name, config);
  const plain = Object.fromEntries(
    Object.keys(config.services).map((key) => [key, convertService(name, key, config)]),
  );
  const [fileObjects, networkNames] = await Promise.all([
    readFileObjects(ask, name, config, dir),
    readNetworkNames(ask, live),
  ]);
  const specs = Object.fromEntries(
    Object.entries(plain).map(([key, spec]) => [key, withFileIds(spec, fileObjects)]),
  );
  const basis = { files, dir, sources, config, specs, networks, live, fileObjects, networkNames };
  const services = live.services
    .map((service) => [unscoped(name, service.Spec.Name), service] as const)
    .filter(([key]) => prune || key in specs);
  return {
    services: Object.fromEntries(
      services.map(([key, service]) => [key, serviceState(service, live, networkNames)]),
    ),
    networks: liveNetworks(live, networks),
    tasks: placedTasks(name, live),
    basis,
  };
}

/** The stack's networks that the files define; others are no concern of a deploy. */
function liveNetworks({ networks }: LiveStack, { own }: StackNetworks): DeployedStack['networks'] {
  return Object.fromEntries(
    networks
      .filter(({ Name }) => Name in own)
      .map((network) => [network.Name, networkSettings(network, own[network.Name])]),
  );
}

/** What is left of a stack when a removal of this check is thought done. */
function onlyNamed(
  live: LiveStack,
  name: string,
  left: { services: readonly string[]; networks: readonly string[] },
): LiveStack {
  const services = live.services.filter(({ Spec }) => left.services.includes(Spec.Name));
  const ids = new Set(services.map(({ ID }) => ID));
  return {
    ...live,
    services,
    tasks: live.tasks.filter(({ ServiceID }) => ids.has(ServiceID)),
    networks: live.networks.filter(
      ({ Name, Labels }) => Labels?.[namespaceLabel] !== name || left.networks.includes(Name),
    ),
  };
}

/** Networks that every node has of its own, such as `host`, are not among those listed. */
async function readNetworkNames(ask: Ask, live: LiveStack): Promise<Readonly<Record<string, string>>> {
  const known = new Map(live.networks.map(({ Id, Name }) => [Id, Name]));
  const used = live.services.flatMap(({ Spec }: EngineService) => Spec.TaskTemplate.Networks ?? []);
  const missing = [...new Set(used.map(({ Target = '' }) => Target))].filter((id) => !known.has(id));
  const answers = await Promise.all(
    missing.map((id) => ask.docker<{ readonly Name: string }>(`/networks/${id}`)),
  );
  for (const [index, id] of missing.entries()) known.set(id, answers[index]?.Name ?? id);
  return Object.fromEntries(known);
}
