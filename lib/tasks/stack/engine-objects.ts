import type { EndpointSpec, ServiceSpec, TaskTemplate } from '../../compose/service-spec.ts';

/** A service as the Engine answers: the parts that are read here. */
export interface EngineService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly UpdatedAt?: string;
  readonly Spec: ServiceSpec;
  /** With the ports that the Engine chose. */
  readonly Endpoint?: Pick<EndpointSpec, 'Ports'> | null;
  /** The spec before its last update. */
  readonly PreviousSpec?: ServiceSpec | null;
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string } | null;
  readonly JobStatus?: { readonly JobIteration?: { readonly Index: number } } | null;
}

/** A task of a service: one container that runs, ran or shall run. */
export interface EngineTask {
  readonly ID: string;
  readonly ServiceID: string;
  readonly CreatedAt?: string;
  readonly Slot?: number;
  /** None while no node was found for it. */
  readonly NodeID?: string;
  readonly Spec: TaskTemplate;
  readonly DesiredState: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly JobIteration?: { readonly Index: number } | null;
  readonly Status: {
    readonly State: string;
    readonly Timestamp?: string;
    readonly Message?: string;
    readonly Err?: string;
    readonly PortStatus?: {
      readonly Ports?:
        | readonly {
            readonly TargetPort?: number;
            readonly PublishedPort?: number;
            readonly Protocol?: string;
          }[]
        | null;
    };
  };
}

/** A network as the Engine lists it. */
export interface EngineNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Scope?: string;
  readonly Driver: string;
  readonly Internal?: boolean;
  readonly Attachable?: boolean;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly IPAM?: {
    readonly Driver?: string;
    readonly Config?: readonly { readonly Subnet?: string }[] | null;
  } | null;
}

/** A secret or a config. The data of a secret is never told. */
export interface EngineFile {
  readonly ID: string;
  readonly Spec: {
    readonly Name: string;
    readonly Labels?: Readonly<Record<string, string>> | null;
    /** Base64; configs only. */
    readonly Data?: string;
  };
}
