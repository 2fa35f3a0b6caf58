import type { ComposeConfig } from '../../compose/compose-config.ts';
import type { ComposeSource } from '../../compose/compose-source.ts';
import { convertNetworks, type StackNetworks } from '../../compose/convert-network.ts';
import { convertService } from '../../compose/convert-service.ts';
import { unscoped } from '../../compose/namespace.ts';
import type { ServiceSpec } from '../../compose/service-spec.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { isKnown } from '../../unknown.ts';
import type { EngineService } from './engine-objects.ts';
import { type FileObjects, readFileObjects, withFileIds, withoutRemoved } from './file-objects.ts';
import { type NetworkSettings, networkSettings } from './network-settings.ts';
import { readCompose } from './read-compose.ts';
import { type LiveStack, readStack } from './read-stack.ts';
import { type ServiceState, serviceState } from './service-state.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';
import { type PlacedTask, placedTasks } from './stack-tasks.ts';

/** A stack as it runs, and as far as its compose files tell. */
export interface DeployedStack {
  /** By the names of the compose files. */
  readonly services: Readonly<Record<string, ServiceState>>;
  /** Networks of the stack, by their names in the swarm. */
  readonly networks: Readonly<Record<string, NetworkSettings>>;
  /** Where each service's tasks run. In check mode as it is now, none once the stack would change. */
  readonly tasks: Readonly<Record<string, readonly PlacedTask[]>>;
  /** What all this was read from; the same before and after. */
  readonly basis: DeployBasis;
}

/** What a deploy is planned from. */
export interface DeployBasis {
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

/**
 * The stack of a deploy: its compose files, and what runs of them, in check mode as earlier tasks of the check
 * would leave both. One round trip, two with secrets or configs. Unknown while a file's text is.
 */
export function deployedStack(args: StackDeployArgs): Fact<DeployedStack> {
  return fact({ key: ['deployed stack', args.name], read: (ask) => read(ask, args) });
}

async function read(ask: Ask, { name, files, dir, prune = false }: StackDeployArgs): Promise<DeployedStack> {
  const [compose, live] = await Promise.all([readCompose(ask, files, dir), readStack(ask, name)]);
  // As with a fact whose key is not known yet: the task that reads it is unknown, too.
  if (!isKnown(compose)) return compose as unknown as DeployedStack;
  if (!isKnown(live)) return live as unknown as DeployedStack;
  const { config, sources } = compose;
  const networks = convertNetworks(name, config);
  const plain = Object.fromEntries(
    Object.keys(config.services).map((key) => [key, convertService(name, key, config)]),
  );
  const [found, networkNames] = await Promise.all([
    readFileObjects(ask, name, config, dir, live.isAsked),
    readNetworkNames(ask, live),
  ]);
  const fileObjects = live.foreseen ? withoutRemoved(found, name, config, live) : found;
  const specs = Object.fromEntries(
    Object.entries(plain).map(([key, spec]) => [key, withFileIds(spec, fileObjects)]),
  );
  const basis = { sources, config, specs, networks, live, fileObjects, networkNames };
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

/** Networks that every node has of its own, such as `host`, are not among those listed. */
async function readNetworkNames(ask: Ask, live: LiveStack): Promise<Readonly<Record<string, string>>> {
  const known = new Map(live.networks.map(({ Id, Name }) => [Id, Name]));
  const used = live.services.flatMap(({ Spec }: EngineService) => Spec.TaskTemplate.Networks ?? []);
  // One that is only foreseen is named, not numbered.
  const names = new Set(known.values());
  const missing = [...new Set(used.map(({ Target = '' }) => Target))].filter(
    (id) => !known.has(id) && !names.has(id),
  );
  const answers = await Promise.all(
    missing.map((id) => ask.docker<{ readonly Name: string }>(`/networks/${id}`)),
  );
  for (const [index, id] of missing.entries()) known.set(id, answers[index]?.Name ?? id);
  return Object.fromEntries(known);
}
