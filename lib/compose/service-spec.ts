import type { Nanoseconds } from './duration.ts';

/** A swarm service as the Engine API writes it: the parts that a compose file can say. */
export interface ServiceSpec {
  readonly Name: string;
  readonly Labels?: Labels | null | undefined;
  readonly TaskTemplate: TaskTemplate;
  readonly Mode?: ServiceMode | undefined;
  readonly UpdateConfig?: UpdateSpec | null | undefined;
  readonly RollbackConfig?: UpdateSpec | null | undefined;
  readonly EndpointSpec?: EndpointSpec | null | undefined;
}

type Labels = Readonly<Record<string, string>>;

export interface TaskTemplate {
  readonly ContainerSpec?: ContainerSpec | undefined;
  readonly Resources?: ResourcesSpec | null | undefined;
  readonly RestartPolicy?: RestartSpec | null | undefined;
  readonly Placement?: PlacementSpec | null | undefined;
  readonly Networks?: readonly NetworkAttachment[] | null | undefined;
  readonly LogDriver?: Driver | null | undefined;
  /** Counts restarts that were asked for; no compose file says it. */
  readonly ForceUpdate?: number | undefined;
}

export interface ContainerSpec {
  readonly Image: string;
  readonly Labels?: Labels | null | undefined;
  /** The entry point; `Args` is the command. */
  readonly Command?: readonly string[] | null | undefined;
  readonly Args?: readonly string[] | null | undefined;
  readonly Hostname?: string | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly Dir?: string | undefined;
  readonly User?: string | undefined;
  readonly StopSignal?: string | undefined;
  readonly StopGracePeriod?: Nanoseconds | null | undefined;
  readonly TTY?: boolean | undefined;
  readonly OpenStdin?: boolean | undefined;
  readonly ReadOnly?: boolean | undefined;
  readonly Init?: boolean | null | undefined;
  readonly Isolation?: string | undefined;
  readonly Mounts?: readonly MountSpec[] | null | undefined;
  readonly Healthcheck?: HealthcheckSpec | null | undefined;
  readonly Hosts?: readonly string[] | null | undefined;
  readonly DNSConfig?:
    | { readonly Nameservers?: readonly string[]; readonly Search?: readonly string[] }
    | null
    | undefined;
  readonly Secrets?: readonly SecretReference[] | null | undefined;
  readonly Configs?: readonly ConfigReference[] | null | undefined;
  readonly Sysctls?: Labels | null | undefined;
  readonly CapabilityAdd?: readonly string[] | null | undefined;
  readonly CapabilityDrop?: readonly string[] | null | undefined;
  readonly Ulimits?:
    | readonly { readonly Name: string; readonly Soft?: number; readonly Hard?: number }[]
    | null
    | undefined;
  readonly OomScoreAdj?: number | undefined;
}

export interface MountSpec {
  readonly Type?: string | undefined;
  readonly Source?: string | undefined;
  readonly Target?: string | undefined;
  readonly ReadOnly?: boolean | undefined;
  readonly Consistency?: string | undefined;
  readonly BindOptions?: { readonly Propagation?: string | undefined } | undefined;
  readonly VolumeOptions?:
    | {
        readonly NoCopy?: boolean | undefined;
        readonly Subpath?: string | undefined;
        readonly Labels?: Labels | undefined;
        readonly DriverConfig?: Driver | undefined;
      }
    | undefined;
  readonly TmpfsOptions?: { readonly SizeBytes?: number | undefined } | undefined;
}

export interface Driver {
  readonly Name?: string | undefined;
  readonly Options?: Labels | null | undefined;
}

export interface HealthcheckSpec {
  readonly Test?: readonly string[] | null | undefined;
  readonly Interval?: Nanoseconds | undefined;
  readonly Timeout?: Nanoseconds | undefined;
  readonly StartPeriod?: Nanoseconds | undefined;
  readonly StartInterval?: Nanoseconds | undefined;
  readonly Retries?: number | undefined;
}

interface FileTarget {
  readonly Name: string;
  readonly UID: string;
  readonly GID: string;
  readonly Mode: number;
}

export interface SecretReference {
  readonly File?: FileTarget | null | undefined;
  readonly SecretID?: string | undefined;
  readonly SecretName: string;
}

export interface ConfigReference {
  readonly File?: FileTarget | null | undefined;
  readonly ConfigID?: string | undefined;
  readonly ConfigName: string;
}

export interface ResourcesSpec {
  readonly Limits?:
    | { readonly NanoCPUs?: number; readonly MemoryBytes?: number; readonly Pids?: number }
    | undefined;
  readonly Reservations?:
    | {
        readonly NanoCPUs?: number;
        readonly MemoryBytes?: number;
        readonly GenericResources?: readonly {
          readonly DiscreteResourceSpec?: { readonly Kind?: string; readonly Value?: number };
        }[];
      }
    | undefined;
}

export interface RestartSpec {
  readonly Condition?: string | undefined;
  readonly Delay?: Nanoseconds | null | undefined;
  readonly MaxAttempts?: number | null | undefined;
  readonly Window?: Nanoseconds | null | undefined;
}

export interface PlacementSpec {
  readonly Constraints?: readonly string[] | null | undefined;
  readonly Preferences?:
    | readonly { readonly Spread?: { readonly SpreadDescriptor?: string } }[]
    | null
    | undefined;
  readonly MaxReplicas?: number | undefined;
}

export interface NetworkAttachment {
  /** A name when it is sent, an id when it is read. */
  readonly Target?: string | undefined;
  readonly Aliases?: readonly string[] | null | undefined;
  readonly DriverOpts?: Labels | null | undefined;
}

export interface ServiceMode {
  readonly Replicated?: { readonly Replicas?: number | undefined } | undefined;
  readonly Global?: object | undefined;
  readonly ReplicatedJob?:
    | { readonly MaxConcurrent?: number | undefined; readonly TotalCompletions?: number | undefined }
    | undefined;
  readonly GlobalJob?: object | undefined;
}

export interface UpdateSpec {
  readonly Parallelism?: number | undefined;
  readonly Delay?: Nanoseconds | undefined;
  readonly FailureAction?: string | undefined;
  readonly Monitor?: Nanoseconds | undefined;
  readonly MaxFailureRatio?: number | undefined;
  readonly Order?: string | undefined;
}

export interface EndpointSpec {
  readonly Mode?: string | undefined;
  readonly Ports?: readonly PortSpec[] | null | undefined;
}

export interface PortSpec {
  readonly Protocol?: string | undefined;
  readonly TargetPort?: number | undefined;
  readonly PublishedPort?: number | undefined;
  readonly PublishMode?: string | undefined;
}
