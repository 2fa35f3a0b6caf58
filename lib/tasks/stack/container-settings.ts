import { showDuration } from '../../compose/duration.ts';
import { imageName } from '../../compose/image-name.ts';
import { namespaceLabel } from '../../compose/namespace.ts';
import type { ContainerSpec, HealthcheckSpec, MountSpec } from '../../compose/service-spec.ts';
import { isRecord } from '../../equal.ts';
import { environment } from './environment.ts';
import { tidy } from './tidy.ts';

/**
 * The settings of a service's containers. What is not known by name stands in `otherContainer`, so that it
 * is compared all the same.
 */
export function containerSettings(spec: ContainerSpec) {
  const { Image, Labels, Command, Args, Hostname, Env, Dir, User, StopSignal, StopGracePeriod, ...second } =
    spec;
  const { TTY, OpenStdin, ReadOnly, Init, Isolation, Mounts, Healthcheck, Hosts, DNSConfig, ...third } =
    second;
  const { Secrets, Configs, Sysctls, CapabilityAdd, CapabilityDrop, Ulimits, OomScoreAdj, ...other } = third;
  const { [namespaceLabel]: _, ...labels } = Labels ?? {};
  return {
    image: imageName(Image),
    entrypoint: Command,
    command: Args,
    hostname: Hostname,
    environment: environment(Env ?? []),
    containerLabels: labels,
    workingDir: Dir,
    user: User,
    stopSignal: StopSignal,
    stopGracePeriod: isDefaultGrace(StopGracePeriod) ? undefined : showDuration(StopGracePeriod ?? 0),
    tty: TTY,
    stdinOpen: OpenStdin,
    readOnly: ReadOnly,
    // As a text: false is not the same as nothing, for which the daemon has a default of its own.
    init: typeof Init === 'boolean' ? String(Init) : undefined,
    isolation: Isolation === 'default' ? undefined : Isolation,
    mounts: Object.fromEntries((Mounts ?? []).map((mount) => [mount.Target ?? '', showMount(mount)])),
    healthcheck: healthSettings(Healthcheck ?? {}),
    extraHosts: Hosts,
    dns: DNSConfig?.Nameservers,
    dnsSearch: DNSConfig?.Search,
    secrets: filesByTarget(
      (Secrets ?? []).map((ref) => ({ ...ref, name: ref.SecretName, id: ref.SecretID })),
    ),
    configs: filesByTarget(
      (Configs ?? []).map((ref) => ({ ...ref, name: ref.ConfigName, id: ref.ConfigID })),
    ),
    sysctls: Sysctls ?? {},
    capAdd: [...(CapabilityAdd ?? [])].sort(),
    capDrop: [...(CapabilityDrop ?? [])].sort(),
    ulimits: Object.fromEntries(
      (Ulimits ?? []).map(({ Name, Soft = 0, Hard = 0 }) => [Name, `${Soft}:${Hard}`]),
    ),
    oomScoreAdj: OomScoreAdj,
    otherContainer: tidy(other),
  };
}

/** The engine stops a container that says nothing after 10 s; 0 is a wish of its own. */
function isDefaultGrace(ns: number | null | undefined): boolean {
  return ns === undefined || ns === null || ns === 10e9;
}

/** @example 'bind /opt/x, read only' */
function showMount(mount: MountSpec): string {
  const {
    Type = 'volume',
    Source,
    Target: _,
    ReadOnly,
    BindOptions,
    VolumeOptions,
    TmpfsOptions,
    ...other
  } = mount;
  const { Labels, ...volume } = VolumeOptions ?? {};
  const { [namespaceLabel]: __, ...labels } = Labels ?? {};
  const options = tidy({ ...BindOptions, ...volume, labels, ...TmpfsOptions, ...other });
  const shown = Object.entries(options).map(([key, value]) => `${key} ${inOrder(value)}`);
  return [Source ? `${Type} ${Source}` : Type, ...(ReadOnly ? ['read only'] : []), ...shown.sort()].join(
    ', ',
  );
}

/** JSON with properties in order, so that the same options are the same text. */
function inOrder(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${inOrder(item)}`).join(',')}}`;
}

function healthSettings({ Test, Interval, Timeout, StartPeriod, StartInterval, Retries }: HealthcheckSpec) {
  return tidy({
    test: Test,
    interval: Interval && showDuration(Interval),
    timeout: Timeout && showDuration(Timeout),
    startPeriod: StartPeriod && showDuration(StartPeriod),
    startInterval: StartInterval && showDuration(StartInterval),
    retries: Retries,
  });
}

interface NamedFile {
  readonly File?:
    | { readonly Name: string; readonly UID: string; readonly GID: string; readonly Mode: number }
    | null
    | undefined;
  readonly name: string;
  readonly id?: string | undefined;
}

/** By the file that the container sees. The id tells a file that was made anew under its old name. */
function filesByTarget(files: readonly NamedFile[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    files.map(({ File, name, id }) => {
      const { Name = name, UID = '0', GID = '0', Mode = 0o444 } = File ?? {};
      const shown = `${name} ${UID}:${GID} ${Mode.toString(8).padStart(4, '0')}`;
      return [Name, id ? `${shown} (${id})` : shown];
    }),
  );
}
