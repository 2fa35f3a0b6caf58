import { parse } from 'yaml';

/**
 * Compose files after merging: everything in its long form, as `docker stack config` prints it.
 * Durations are texts such as `1m30s`, sizes are bytes as text.
 */
export interface ComposeConfig {
  readonly version: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly volumes: Readonly<Record<string, ComposeVolume>>;
  readonly secrets: Readonly<Record<string, ComposeFile>>;
  readonly configs: Readonly<Record<string, ComposeFile>>;
}

/** What of a service becomes part of a swarm service. */
export interface ComposeService {
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly command?: readonly string[];
  readonly configs?: readonly ComposeFileReference[];
  readonly credential_spec?: Readonly<Record<string, string>>;
  readonly deploy?: ComposeDeploy;
  readonly dns?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly extra_hosts?: readonly string[];
  readonly healthcheck?: ComposeHealthcheck;
  readonly hostname?: string;
  readonly image?: string;
  readonly init?: boolean;
  readonly isolation?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly logging?: { readonly driver?: string; readonly options?: Readonly<Record<string, string>> };
  readonly networks?: Readonly<Record<string, ComposeServiceNetwork | null>>;
  readonly oom_score_adj?: number;
  readonly ports?: readonly ComposePort[];
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly secrets?: readonly ComposeFileReference[];
  readonly stdin_open?: boolean;
  readonly stop_grace_period?: string;
  readonly stop_signal?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly ulimits?: Readonly<Record<string, number | { readonly soft?: number; readonly hard?: number }>>;
  readonly user?: string;
  readonly volumes?: readonly ComposeMount[];
  readonly working_dir?: string;
}

export interface ComposeDeploy {
  readonly mode?: string;
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly update_config?: ComposeUpdate;
  readonly rollback_config?: ComposeUpdate;
  readonly resources?: { readonly limits?: ComposeResources; readonly reservations?: ComposeResources };
  readonly restart_policy?: {
    readonly condition?: string;
    readonly delay?: string;
    readonly max_attempts?: number;
    readonly window?: string;
  };
  readonly placement?: {
    readonly constraints?: readonly string[];
    readonly preferences?: readonly { readonly spread?: string }[];
    readonly max_replicas_per_node?: number;
  };
  readonly endpoint_mode?: string;
}

export interface ComposeUpdate {
  readonly parallelism?: number;
  readonly delay?: string;
  readonly failure_action?: string;
  readonly monitor?: string;
  readonly max_failure_ratio?: number;
  readonly order?: string;
}

export interface ComposeResources {
  readonly cpus?: string;
  readonly memory?: string;
  readonly pids?: number;
  readonly generic_resources?: readonly {
    readonly discrete_resource_spec?: { readonly kind?: string; readonly value?: number };
  }[];
}

export interface ComposeHealthcheck {
  readonly test?: readonly string[];
  readonly timeout?: string;
  readonly interval?: string;
  readonly retries?: number;
  readonly start_period?: string;
  readonly start_interval?: string;
  readonly disable?: boolean;
}

export interface ComposeServiceNetwork {
  readonly aliases?: readonly string[];
  readonly driver_opts?: Readonly<Record<string, string>>;
}

export interface ComposePort {
  readonly mode?: string;
  readonly target?: number;
  readonly published?: number;
  readonly protocol?: string;
}

export interface ComposeMount {
  readonly type?: string;
  readonly source?: string;
  readonly target?: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: { readonly propagation?: string };
  readonly volume?: { readonly nocopy?: boolean; readonly subpath?: string };
  readonly tmpfs?: { readonly size?: number };
  readonly image?: { readonly subpath?: string };
  readonly cluster?: object;
}

export interface ComposeFileReference {
  readonly source?: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: number;
}

export interface ComposeNetwork {
  readonly name?: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly ipam?: { readonly driver?: string; readonly config?: readonly { readonly subnet?: string }[] };
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ComposeVolume {
  readonly name?: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A secret or a config. */
export interface ComposeFile {
  readonly name?: string;
  readonly file?: string;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly template_driver?: string;
}

/** Reads what `docker stack config` printed; docker has checked it against its schema already. */
export function parseComposeConfig(text: string): ComposeConfig {
  const { version, services, networks, volumes, secrets, configs } = parse(text) as Partial<ComposeConfig>;
  return {
    version: version ?? '',
    services: services ?? {},
    networks: networks ?? {},
    volumes: volumes ?? {},
    secrets: secrets ?? {},
    configs: configs ?? {},
  };
}
