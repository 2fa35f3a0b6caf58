import { refuse } from '../refuse.ts';
import type { ComposeDeploy, ComposeResources, ComposeUpdate } from './compose-config.ts';
import { parseDuration } from './duration.ts';
import { refuseUnknown } from './refuse-unknown.ts';
import type { PlacementSpec, ResourcesSpec, RestartSpec, ServiceMode, UpdateSpec } from './service-spec.ts';

/** What a service's `deploy` says, in the Engine's words. */
export interface DeploySpec {
  readonly mode: ServiceMode;
  readonly endpointMode: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: ResourcesSpec;
  readonly restart: RestartSpec | undefined;
  readonly placement: PlacementSpec;
  readonly update: UpdateSpec | undefined;
  readonly rollback: UpdateSpec | undefined;
}

/**
 * Converts a service's `deploy`, and its older `restart` where that says nothing of restarting.
 * @param where such as `services.web`
 * @throws DabookError `refused` for an unknown mode, policy or property
 */
export function convertDeploy(deploy: ComposeDeploy, restart: string | undefined, where: string): DeploySpec {
  const {
    mode,
    replicas,
    labels,
    update_config,
    rollback_config,
    resources,
    restart_policy,
    placement,
    ...more
  } = deploy;
  const { endpoint_mode, ...rest } = more;
  refuseUnknown(rest, `${where}.deploy`);
  const { limits, reservations, ...restOfResources } = resources ?? {};
  refuseUnknown(restOfResources, `${where}.deploy.resources`);
  return {
    mode: convertMode(mode, replicas, where),
    endpointMode: endpoint_mode?.toLowerCase(),
    labels: labels ?? {},
    resources: {
      ...(limits ? { Limits: amounts(limits, `${where}.deploy.resources.limits`) } : {}),
      ...(reservations
        ? { Reservations: amounts(reservations, `${where}.deploy.resources.reservations`) }
        : {}),
    },
    restart: restart_policy ? convertRestart(restart_policy, where) : convertOldRestart(restart, where),
    placement: convertPlacement(placement ?? {}, where),
    update: update_config && convertUpdate(update_config, `${where}.deploy.update_config`),
    rollback: rollback_config && convertUpdate(rollback_config, `${where}.deploy.rollback_config`),
  };
}

function convertMode(mode: string | undefined, replicas: number | undefined, where: string): ServiceMode {
  const isGlobal = mode === 'global' || mode === 'global-job';
  if (isGlobal && replicas !== undefined) {
    throw refuse(`${where}.deploy: replicas do not fit mode ${mode}`, 'leave replicas out');
  }
  switch (mode) {
    case undefined:
    case '':
    case 'replicated':
      return { Replicated: { Replicas: replicas } };
    case 'global':
      return { Global: {} };
    case 'replicated-job':
      return { ReplicatedJob: { MaxConcurrent: replicas, TotalCompletions: replicas } };
    case 'global-job':
      return { GlobalJob: {} };
    default:
      throw refuse(
        `${where}.deploy.mode: ${mode} is not known`,
        'use replicated, global, replicated-job or global-job',
      );
  }
}

function amounts(resources: ComposeResources, where: string) {
  const { cpus, memory, pids, generic_resources, ...rest } = resources;
  refuseUnknown(rest, where);
  return {
    ...(cpus === undefined ? {} : { NanoCPUs: Math.round(Number(cpus) * 1e9) }),
    ...(memory === undefined ? {} : { MemoryBytes: Number(memory) }),
    ...(pids === undefined ? {} : { Pids: pids }),
    ...(generic_resources === undefined
      ? {}
      : {
          GenericResources: generic_resources.map(
            ({ discrete_resource_spec: { kind = '', value = 0 } = {} }) => ({
              DiscreteResourceSpec: { Kind: kind, Value: value },
            }),
          ),
        }),
  };
}

function convertRestart(policy: NonNullable<ComposeDeploy['restart_policy']>, where: string): RestartSpec {
  const { condition, delay, max_attempts, window, ...rest } = policy;
  refuseUnknown(rest, `${where}.deploy.restart_policy`);
  return {
    ...(condition === undefined ? {} : { Condition: condition }),
    ...(delay === undefined ? {} : { Delay: parseDuration(delay) }),
    ...(max_attempts === undefined ? {} : { MaxAttempts: max_attempts }),
    ...(window === undefined ? {} : { Window: parseDuration(window) }),
  };
}

/** `restart: on-failure:3` and the like, which the swarm honours where `restart_policy` is not given. */
function convertOldRestart(restart: string | undefined, where: string): RestartSpec | undefined {
  const [policy, count] = (restart ?? '').split(':');
  const attempts = Number(count ?? 0);
  if (!Number.isInteger(attempts) || attempts < 0) {
    throw refuse(`${where}.restart: ${restart} is no restart policy`, 'write on-failure:3');
  }
  const most = attempts > 0 ? { MaxAttempts: attempts } : {};
  switch (policy) {
    case '':
    case 'no':
      return undefined;
    case 'always':
    case 'unless-stopped':
      return { Condition: 'any', ...most };
    case 'on-failure':
      return { Condition: 'on-failure', ...most };
    default:
      throw refuse(`${where}.restart: ${restart} is no restart policy`, 'use always, on-failure or no');
  }
}

function convertPlacement(placement: NonNullable<ComposeDeploy['placement']>, where: string): PlacementSpec {
  const { constraints, preferences, max_replicas_per_node, ...rest } = placement;
  refuseUnknown(rest, `${where}.deploy.placement`);
  return {
    ...(constraints === undefined ? {} : { Constraints: constraints }),
    ...(preferences === undefined
      ? {}
      : { Preferences: preferences.map(({ spread = '' }) => ({ Spread: { SpreadDescriptor: spread } })) }),
    ...(max_replicas_per_node === undefined ? {} : { MaxReplicas: max_replicas_per_node }),
  };
}

function convertUpdate(update: ComposeUpdate, where: string): UpdateSpec {
  const { parallelism = 1, delay, failure_action, monitor, max_failure_ratio, order, ...rest } = update;
  refuseUnknown(rest, where);
  return {
    Parallelism: parallelism,
    ...(delay === undefined ? {} : { Delay: parseDuration(delay) }),
    ...(failure_action === undefined ? {} : { FailureAction: failure_action }),
    ...(monitor === undefined ? {} : { Monitor: parseDuration(monitor) }),
    ...(max_failure_ratio === undefined ? {} : { MaxFailureRatio: max_failure_ratio }),
    ...(order === undefined ? {} : { Order: order }),
  };
}
