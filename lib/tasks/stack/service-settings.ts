import { parseConstraint, showConstraint } from '../../compose/constraint.ts';
import { showDuration } from '../../compose/duration.ts';
import { imageLabel, namespaceLabel } from '../../compose/namespace.ts';
import type {
  NetworkAttachment,
  PortSpec,
  RestartSpec,
  ServiceSpec,
  UpdateSpec,
} from '../../compose/service-spec.ts';
import { containerSettings } from './container-settings.ts';
import { resourceSettings } from './resource-settings.ts';
import { dropEmpty, tidy } from './tidy.ts';

/**
 * A service as it is compared and shown: each setting under a name near the one that compose files have for
 * it, defaults left out, lists in order where order means nothing. Equal settings are the same service.
 */
export interface ServiceSettings {
  readonly image: string;
  readonly [setting: string]: unknown;
}

/**
 * The settings of a spec, whether the Engine answered it or compose files were converted to it.
 * @param networkName the name of a network that the spec has by its id
 */
export function serviceSettings(
  spec: ServiceSpec,
  networkName: (idOrName: string) => string,
): ServiceSettings {
  const {
    Name: _,
    Labels,
    TaskTemplate,
    Mode,
    UpdateConfig,
    RollbackConfig,
    EndpointSpec,
    ...restOfSpec
  } = spec;
  const { ContainerSpec, Resources, RestartPolicy, Placement, Networks, LogDriver, ...restOfTask } =
    TaskTemplate;
  // Networks stood beside the task template once. ForceUpdate counts; Runtime is always the container one.
  const { Networks: older, ...other } = restOfSpec as {
    readonly Networks?: readonly NetworkAttachment[] | null;
  };
  const { ForceUpdate: __, Runtime: ___, ...otherTask } = restOfTask as Readonly<Record<string, unknown>>;
  const { [namespaceLabel]: ____, [imageLabel]: _____, ...labels } = Labels ?? {};
  const container = containerSettings(ContainerSpec ?? { Image: '' });
  const settings = dropEmpty({
    ...container,
    ...modeSettings(Mode),
    labels,
    constraints: (Placement?.Constraints ?? []).map(oneSpelling).sort(),
    preferences: (Placement?.Preferences ?? []).map(
      ({ Spread }) => `spread ${Spread?.SpreadDescriptor ?? ''}`,
    ),
    maxReplicasPerNode: Placement?.MaxReplicas,
    networks: Object.fromEntries(
      (Networks ?? older ?? []).map((attachment) => [
        networkName(attachment.Target ?? ''),
        showAttachment(attachment),
      ]),
    ),
    ports: (EndpointSpec?.Ports ?? []).map(showPort).sort(),
    endpointMode: EndpointSpec?.Mode === 'vip' ? undefined : EndpointSpec?.Mode,
    resources: resourceSettings(Resources ?? {}),
    restart: restartSettings(RestartPolicy ?? {}),
    update: updateSettings(UpdateConfig ?? {}),
    rollback: updateSettings(RollbackConfig ?? {}),
    logging: LogDriver ? tidy({ driver: LogDriver.Name, options: LogDriver.Options }) : undefined,
    other: tidy({ ...other, ...otherTask }),
  });
  return { ...settings, image: container.image };
}

function modeSettings(mode: ServiceSpec['Mode'] = {}) {
  const { Global, ReplicatedJob, GlobalJob, Replicated } = mode;
  if (Global) return { mode: 'global' };
  if (GlobalJob) return { mode: 'global-job' };
  if (ReplicatedJob) {
    const { TotalCompletions = 1, MaxConcurrent = 1 } = ReplicatedJob;
    return { mode: 'replicated-job', completions: TotalCompletions, concurrent: MaxConcurrent };
  }
  // As a text: 0 replicas are not the same as nothing, which is 1.
  return { replicas: String(Replicated?.Replicas ?? 1) };
}

function oneSpelling(constraint: string): string {
  const parsed = parseConstraint(constraint);
  return parsed === undefined ? constraint : showConstraint(parsed);
}

function showAttachment({ Aliases, DriverOpts }: NetworkAttachment): string {
  const aliases = [...(Aliases ?? [])].sort();
  const options = Object.entries(DriverOpts ?? {}).map(([key, value]) => `${key}=${value}`);
  return [aliases.length === 0 ? 'no alias' : `as ${aliases.join(', ')}`, ...options.sort()].join(', ');
}

/** @example '9301:9301/tcp host' */
function showPort({
  Protocol = 'tcp',
  TargetPort,
  PublishedPort,
  PublishMode = 'ingress',
}: PortSpec): string {
  return `${PublishedPort || 'any'}:${TargetPort}/${Protocol || 'tcp'} ${PublishMode || 'ingress'}`;
}

/** An engine that is told nothing restarts always, after 5 s; a delay of 0 is a wish of its own. */
function restartSettings({ Condition, Delay, MaxAttempts, Window }: RestartSpec) {
  const delay = showDuration(Delay ?? 5e9);
  return tidy({
    condition: Condition === 'any' ? undefined : Condition,
    delay: delay === '5s' ? undefined : delay,
    maxAttempts: MaxAttempts,
    window: Window ? showDuration(Window) : undefined,
  });
}

/** An engine that is told nothing updates one task at a time, watches it 5 s, and pauses on failure. */
function updateSettings({ Parallelism, Delay, FailureAction, Monitor, MaxFailureRatio, Order }: UpdateSpec) {
  return tidy({
    // As a text: 0 means all at once.
    parallelism: (Parallelism ?? 1) === 1 ? undefined : String(Parallelism),
    delay: Delay && showDuration(Delay),
    failureAction: FailureAction === 'pause' ? undefined : FailureAction,
    monitor: !Monitor || Monitor === 5e9 ? undefined : showDuration(Monitor),
    // The engine keeps it in single precision.
    maxFailureRatio: MaxFailureRatio && Number(Math.fround(MaxFailureRatio).toPrecision(6)),
    order: Order === 'stop-first' ? undefined : Order,
  });
}
