import { parseComposeConfig } from '../../../lib/compose/compose-config.ts';
import { fileName } from '../../../lib/compose/convert-file-reference.ts';
import { convertNetworks } from '../../../lib/compose/convert-network.ts';
import { convertService } from '../../../lib/compose/convert-service.ts';
import { imageLabel, namespaceLabel, scoped } from '../../../lib/compose/namespace.ts';
import type { ServiceSpec } from '../../../lib/compose/service-spec.ts';
import { schedule } from './schedule.ts';
import {
  EngineFault,
  type ModelFile,
  type ModelService,
  type ModelSwarm,
  next,
  type World,
} from './world.ts';

export interface Deploying {
  readonly name: string;
  /** The merged compose files. */
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
  readonly prune: boolean;
  readonly resolveImage: string;
}

/** `docker stack deploy`: makes what is missing, and updates every service of the files; see docker's own cli/command/stack. */
export function deployStack(world: World, swarm: ModelSwarm, deploying: Deploying): void {
  const { name, prune } = deploying;
  const config = parseComposeConfig(deploying.config);
  const labels = { [namespaceLabel]: name };
  const names = Object.keys(config.services).map((key) => scoped(name, key));
  if (prune) {
    for (const { ID, Spec } of Object.values(swarm.services)) {
      if (Spec.Labels?.[namespaceLabel] === name && !names.includes(Spec.Name)) delete swarm.services[ID];
    }
  }
  for (const section of ['secrets', 'configs'] as const) {
    for (const [key, definition] of Object.entries(config[section])) {
      if (definition.external) continue;
      const called = fileName(key, definition, name);
      const data = deploying.files[definition.file ?? ''];
      if (data === undefined) throw new EngineFault(1, `open ${definition.file}: no such file or directory`);
      addFile(world, swarm[section], called, labels, data);
    }
  }
  for (const [network, { IPAM, ...spec }] of Object.entries(convertNetworks(name, config).own)) {
    if (Object.values(swarm.networks).some(({ Name }) => Name === network)) continue;
    const Id = `net${next(world)}`;
    const Config = (IPAM?.Subnets ?? ['10.0.9.0/24']).map((Subnet) => ({ Subnet }));
    const Options = { ...spec.Options, 'com.docker.network.driver.overlay.vxlanid_list': '4097' };
    swarm.networks[Id] = {
      ...spec,
      Id,
      Name: network,
      Scope: 'swarm',
      Options,
      IPAM: { Driver: IPAM?.Driver ?? 'default', Config },
    };
  }
  for (const key of Object.keys(config.services)) {
    deployService(world, swarm, convertService(name, key, config), deploying.resolveImage);
  }
  schedule(world, swarm);
}

function addFile(
  world: World,
  files: Record<string, ModelFile>,
  name: string,
  labels: Record<string, string>,
  data: string,
): void {
  if (Object.values(files).some(({ Spec }) => Spec.Name === name)) return;
  const ID = `file${next(world)}`;
  const Data = Buffer.from(data).toString('base64');
  files[ID] = { ID, Version: { Index: world.index }, Spec: { Name: name, Labels: labels, Data } };
}

function deployService(world: World, swarm: ModelSwarm, spec: ServiceSpec, resolveImage: string): void {
  const wanted = asStored(spec, swarm);
  const live = Object.values(swarm.services).find(({ Spec }) => Spec.Name === spec.Name);
  if (live === undefined) {
    const ID = `service${next(world)}`;
    swarm.services[ID] = {
      ID,
      Version: { Index: world.index },
      UpdatedAt: '2026-01-01T00:00:00Z',
      Spec: wanted,
    };
    return;
  }
  const container = live.Spec.TaskTemplate.ContainerSpec;
  const isKept =
    resolveImage !== 'always' && wanted.TaskTemplate.ContainerSpec?.Image === live.Spec.Labels?.[imageLabel];
  const image = isKept && container ? container.Image : wanted.TaskTemplate.ContainerSpec?.Image;
  updateService(world, swarm, live, {
    ...wanted,
    TaskTemplate: {
      ...wanted.TaskTemplate,
      ContainerSpec: { ...wanted.TaskTemplate.ContainerSpec, Image: image ?? '' },
      ForceUpdate: live.Spec.TaskTemplate.ForceUpdate ?? 0,
    },
  });
}

/** A new spec of a service. What was paused goes on with it. */
export function updateService(
  world: World,
  _swarm: ModelSwarm,
  service: ModelService,
  spec: ServiceSpec,
): void {
  service.PreviousSpec = service.Spec;
  service.Spec = spec;
  service.Version = { Index: next(world) };
  delete service.UpdateStatus;
}

/** A spec as the Engine keeps it: ids in the place of names, defaults filled in, and what is empty left out. */
function asStored(spec: ServiceSpec, swarm: ModelSwarm): ServiceSpec {
  const { TaskTemplate, EndpointSpec, ...rest } = spec;
  const { ContainerSpec, Networks, ...template } = TaskTemplate;
  const idOf = (files: Record<string, ModelFile>, name: string, kind: string) => {
    const found = Object.values(files).find(({ Spec }) => Spec.Name === name);
    if (found === undefined) throw new EngineFault(1, `${kind} not found: ${name}`);
    return found.ID;
  };
  const stored = {
    ...rest,
    TaskTemplate: {
      ...template,
      ContainerSpec: {
        ...ContainerSpec,
        Isolation: 'default',
        Privileges: { CredentialSpec: null },
        Secrets: ContainerSpec?.Secrets?.map((it) => ({
          ...it,
          SecretID: idOf(swarm.secrets, it.SecretName, 'secret'),
        })),
        Configs: ContainerSpec?.Configs?.map((it) => ({
          ...it,
          ConfigID: idOf(swarm.configs, it.ConfigName, 'config'),
        })),
      },
      RestartPolicy: { Condition: 'any', Delay: 5e9, MaxAttempts: 0, ...template.RestartPolicy },
      Networks: Networks?.map(({ Target = '', ...more }) => {
        const network = Object.values(swarm.networks).find(({ Name }) => Name === Target);
        if (network === undefined && Target !== 'host')
          throw new EngineFault(1, `network ${Target} not found`);
        return { Target: network?.Id ?? Target, ...more };
      }),
      ForceUpdate: 0,
      Runtime: 'container',
    },
    EndpointSpec: { ...EndpointSpec, Mode: EndpointSpec?.Mode || 'vip' },
  };
  // As it comes back by JSON: what is undefined is not there.
  return JSON.parse(JSON.stringify(stored));
}
