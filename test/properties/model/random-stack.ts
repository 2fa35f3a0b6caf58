import fc from 'fast-check';
import { namespaceLabel, scoped } from '../../../lib/compose/namespace.ts';
import { deployStack, updateService } from './deploy.ts';
import { composeConfig, composeText, images, serviceNames } from './random-compose.ts';
import { createWorld, mostlyManager, worldSketch } from './random-world.ts';
import { schedule } from './schedule.ts';
import { EngineFault, type ModelSwarm, managedBy, next, type World } from './world.ts';

/** What has come over a stack since it was deployed. */
const trouble = fc.constantFrom(
  'another image',
  'another spec',
  'more replicas',
  'restarted',
  'paused',
  'updating',
  'rollback_paused',
  'rollback_started',
  'rollback_completed',
  'gone',
  'a stranger',
  'failed tasks',
  'another network',
  'moved',
);

/** More often than not the first host manages a swarm, and takes tasks. */
const mostlyUseful = fc.tuple(worldSketch, fc.nat(9)).map(([sketch, odd]): typeof sketch => {
  if (odd === 0) return sketch;
  const [{ labels: given, ...first }, ...others] = sketch.hosts;
  const manager = { place: 'first', role: 'manager', availability: 'active' } as const;
  const own = { ...first, ...manager, labels: { ...given, 'da-policy': 'true' } };
  return { ...sketch, hosts: [own, ...others] };
});

export const stackSketch = fc.record({
  sketch: mostlyUseful,
  on: fc.oneof({ weight: 9, arbitrary: fc.constant('ha1' as const) }, mostlyManager),
  old: fc.option(composeConfig, { nil: undefined, freq: 5 }),
  files: fc.option(composeConfig, { nil: undefined, freq: 2 }),
  troubles: fc.array(fc.record({ what: trouble, service: fc.constantFrom(...serviceNames) }), {
    maxLength: 2,
  }),
  hasFiles: fc.constantFrom('all', 'all', 'all', 'all', 'all', 'no key', 'another conf', 'no outer'),
});

type Sketch = typeof stackSketch extends fc.Arbitrary<infer S> ? S : never;

export const stackName = 's';

/** A world with a stack in it, and the compose files of the one that is to be deployed on the host. */
export function worldWithStack({ sketch, on, old, files, troubles, hasFiles }: Sketch): World {
  const world = createWorld(sketch);
  const host = world.hosts[on];
  if (host === undefined) return world;
  const text = composeText(
    files ?? old ?? { version: '', services: {}, networks: {}, volumes: {}, secrets: {}, configs: {} },
  );
  Object.assign(host.files, { 'app.yml': text, '/opt/key': 'secret', '/opt/conf': 'conf' });
  const swarm = managedBy(world, host);
  if (swarm !== undefined) {
    swarm.networks['ext-id'] = { Id: 'ext-id', Name: 'ext', Scope: 'swarm', Driver: 'overlay' };
    const outer = { Name: 'outer', Labels: {}, Data: '' };
    if (hasFiles !== 'no outer') swarm.secrets.outer = { ID: 'outer-id', Version: { Index: 1 }, Spec: outer };
    if (old !== undefined) deploy(world, swarm, composeText(old), host.files);
    for (const { what, service } of troubles) bring(world, swarm, what, scoped(stackName, service));
    schedule(world, swarm);
  }
  if (hasFiles === 'no key') delete host.files['/opt/key'];
  if (hasFiles === 'another conf') host.files['/opt/conf'] = 'changed';
  return world;
}

function deploy(
  world: World,
  swarm: ModelSwarm,
  config: string,
  files: Readonly<Record<string, string>>,
): void {
  try {
    deployStack(world, swarm, { name: stackName, config, files, prune: false, resolveImage: 'changed' });
  } catch (error) {
    // Half of it is there then.
    if (!(error instanceof EngineFault)) throw error;
  }
}

function bring(world: World, swarm: ModelSwarm, what: string, name: string): void {
  const service = Object.values(swarm.services).find(({ Spec }) => Spec.Name === name);
  if (what === 'a stranger') {
    const ID = `service${next(world)}`;
    const Spec = {
      Name: scoped(stackName, 'stranger'),
      Labels: { [namespaceLabel]: stackName },
      TaskTemplate: { ContainerSpec: { Image: images[0] } },
    };
    swarm.services[ID] = { ID, Version: { Index: world.index }, Spec };
  }
  if (what === 'another network') {
    for (const [id, network] of Object.entries(swarm.networks)) {
      if (network.Name === scoped(stackName, 'front')) swarm.networks[id] = { ...network, Attachable: true };
    }
  }
  if (service === undefined || what === 'a stranger' || what === 'another network') return;
  const { TaskTemplate } = service.Spec;
  const container = TaskTemplate.ContainerSpec ?? { Image: '' };
  const withContainer = (more: object) =>
    updateService(world, swarm, service, {
      ...service.Spec,
      TaskTemplate: { ...TaskTemplate, ContainerSpec: { ...container, ...more } },
    });
  switch (what) {
    case 'another image':
      withContainer({ Image: 'r.test/x:2@sha256:abc' });
      break;
    case 'another spec':
      withContainer({ Hostname: 'by-hand', Novelty: { Level: 3 } });
      break;
    case 'more replicas':
      if (service.Spec.Mode?.Replicated)
        updateService(world, swarm, service, { ...service.Spec, Mode: { Replicated: { Replicas: 4 } } });
      break;
    case 'restarted':
      updateService(world, swarm, service, {
        ...service.Spec,
        TaskTemplate: { ...TaskTemplate, ForceUpdate: 3 },
      });
      break;
    case 'moved':
      updateService(world, swarm, service, {
        ...service.Spec,
        TaskTemplate: { ...TaskTemplate, Placement: { Constraints: ['node.role == worker'] } },
      });
      break;
    case 'gone':
      delete swarm.services[service.ID];
      break;
    case 'failed tasks':
      swarm.tasks.push(
        ...[1, 2, 3].map((number) => ({
          ID: `failed${number}-${service.ID}`,
          ServiceID: service.ID,
          Slot: 1,
          Spec: structuredClone(TaskTemplate),
          DesiredState: 'shutdown',
          Status: { State: 'failed', Timestamp: '2025-12-31T00:00:00Z', Err: 'task: non-zero exit (1)' },
          Labels: service.Spec.Labels ?? {},
        })),
      );
      break;
    default:
      service.UpdateStatus = {
        State: what,
        Message: `update paused due to failure of task failed1-${service.ID}`,
      };
  }
}
