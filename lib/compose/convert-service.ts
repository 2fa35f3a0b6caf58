import { refuse } from '../refuse.ts';
import type { ComposeConfig, ComposeHealthcheck, ComposePort, ComposeService } from './compose-config.ts';
import { convertDeploy } from './convert-deploy.ts';
import { convertFileReference } from './convert-file-reference.ts';
import { convertMount } from './convert-mount.ts';
import { defaultNetwork, networkName } from './convert-network.ts';
import { parseDuration } from './duration.ts';
import { imageLabel, namespaceLabel, scoped } from './namespace.ts';
import { refuseUnknown } from './refuse-unknown.ts';
import type {
  ContainerSpec,
  HealthcheckSpec,
  NetworkAttachment,
  PortSpec,
  ServiceSpec,
} from './service-spec.ts';

/**
 * A service of the compose files as the Engine is asked to make it: what `docker stack deploy` sends.
 * Networks, secrets and configs are named, not yet looked up.
 * @throws DabookError `refused` for what is not defined, and by name for what is not known
 */
export function convertService(stack: string, name: string, config: ComposeConfig): ServiceSpec {
  const where = `services.${name}`;
  const { deploy, restart, networks, ports, logging, ...container } = config.services[name] ?? {};
  const { mode, endpointMode, labels, resources, placement, update, rollback, ...more } = convertDeploy(
    deploy ?? {},
    restart,
    where,
  );
  const { driver, options, ...restOfLogging } = logging ?? {};
  refuseUnknown(restOfLogging, `${where}.logging`);
  const image = container.image ?? '';
  return {
    Name: scoped(stack, name),
    Labels: { ...labels, [namespaceLabel]: stack, [imageLabel]: image },
    TaskTemplate: {
      ContainerSpec: convertContainer(stack, container, config, where),
      Resources: resources,
      ...(more.restart === undefined ? {} : { RestartPolicy: more.restart }),
      Placement: placement,
      Networks: convertAttachments(stack, name, networks, config),
      ...(logging === undefined ? {} : { LogDriver: { Name: driver, Options: options } }),
    },
    Mode: mode,
    ...(update === undefined ? {} : { UpdateConfig: update }),
    ...(rollback === undefined ? {} : { RollbackConfig: rollback }),
    EndpointSpec: { Mode: endpointMode, Ports: (ports ?? []).map((port) => convertPort(port, where)) },
  };
}

type ContainerPart = Omit<ComposeService, 'deploy' | 'restart' | 'networks' | 'ports' | 'logging'>;

function convertContainer(
  stack: string,
  service: ContainerPart,
  config: ComposeConfig,
  where: string,
): ContainerSpec {
  const { image, labels, entrypoint, command, hostname, environment, working_dir, user, ...second } = service;
  const { stop_grace_period, stop_signal, tty, stdin_open, read_only, init, isolation, ...third } = second;
  const { volumes, healthcheck, extra_hosts, dns, dns_search, secrets, configs, sysctls, ...fourth } = third;
  const { cap_add, cap_drop, ulimits, oom_score_adj, credential_spec, ...rest } = fourth;
  refuseUnknown(rest, where);
  if (credential_spec !== undefined) refuseUnknown({ credential_spec }, where);
  const capabilities = effectiveCapabilities(cap_add ?? [], cap_drop ?? []);
  return {
    Image: image ?? '',
    Labels: { ...labels, [namespaceLabel]: stack },
    Command: entrypoint,
    Args: command,
    Hostname: hostname,
    Env: Object.entries(environment ?? {})
      .map(([key, value]) => (value === null ? key : `${key}=${value}`))
      .sort(),
    Dir: working_dir,
    User: user,
    StopSignal: stop_signal,
    StopGracePeriod: stop_grace_period === undefined ? undefined : parseDuration(stop_grace_period),
    TTY: tty,
    OpenStdin: stdin_open,
    ReadOnly: read_only,
    Init: init,
    Isolation: isolation,
    Mounts: (volumes ?? []).map((mount) => convertMount(mount, config.volumes, stack, `${where}.volumes`)),
    Healthcheck: healthcheck && convertHealthcheck(healthcheck, `${where}.healthcheck`),
    Hosts: (extra_hosts ?? []).map(asHostsLine),
    DNSConfig: dns || dns_search ? { Nameservers: dns ?? [], Search: dns_search ?? [] } : undefined,
    Secrets: (secrets ?? [])
      .map((reference) => convertFileReference(reference, config.secrets, stack, 'secret', where))
      .map(({ name, file }) => ({ File: file, SecretName: name })),
    Configs: (configs ?? [])
      .map((reference) => convertFileReference(reference, config.configs, stack, 'config', where))
      .map(({ name, file }) => ({ File: file, ConfigName: name })),
    Sysctls: sysctls,
    CapabilityAdd: capabilities.add,
    CapabilityDrop: capabilities.drop,
    Ulimits: Object.entries(ulimits ?? {}).map(([key, limit]) =>
      typeof limit === 'number'
        ? { Name: key, Soft: limit, Hard: limit }
        : { Name: key, Soft: limit.soft ?? 0, Hard: limit.hard ?? 0 },
    ),
    OomScoreAdj: oom_score_adj,
  };
}

/** `db:10.0.0.5`, and `db:::1` for an IPv6 address, as a line of a hosts file. */
function asHostsLine(entry: string): string {
  const colon = entry.indexOf(':');
  return `${entry.slice(colon + 1)} ${entry.slice(0, colon)}`;
}

function convertHealthcheck(healthcheck: ComposeHealthcheck, where: string): HealthcheckSpec {
  const { test, timeout, interval, retries, start_period, start_interval, disable, ...rest } = healthcheck;
  refuseUnknown(rest, where);
  if (disable && test !== undefined && test.length > 0) {
    throw refuse(`${where}: test and disable do not fit together`, 'leave one of them out');
  }
  if (disable) return { Test: ['NONE'] };
  return {
    Test: test,
    ...(timeout === undefined ? {} : { Timeout: parseDuration(timeout) }),
    ...(interval === undefined ? {} : { Interval: parseDuration(interval) }),
    ...(retries === undefined ? {} : { Retries: retries }),
    ...(start_period === undefined ? {} : { StartPeriod: parseDuration(start_period) }),
    ...(start_interval === undefined ? {} : { StartInterval: parseDuration(start_interval) }),
  };
}

function convertAttachments(
  stack: string,
  service: string,
  networks: ComposeService['networks'],
  config: ComposeConfig,
): readonly NetworkAttachment[] {
  const named = Object.entries(networks ?? {});
  const all = named.length > 0 ? named : [[defaultNetwork, null] as const];
  return all.map(([key, attachment]) => {
    const { aliases = [], driver_opts, ...rest } = attachment ?? {};
    // Fixed addresses are read and have no effect in a swarm.
    const { ipv4_address: _, ipv6_address: __, ...unknown } = rest as Record<string, unknown>;
    refuseUnknown(unknown, `services.${service}.networks.${key}`);
    const target = networkName(stack, key, config);
    return {
      Target: target,
      Aliases: hasAliases(target) ? [...aliases, service] : aliases,
      ...(driver_opts === undefined ? {} : { DriverOpts: driver_opts }),
    };
  });
}

/** The networks that every engine has know no aliases. */
function hasAliases(network: string): boolean {
  return !['bridge', 'host', 'none', 'default'].includes(network);
}

function convertPort(port: ComposePort, where: string): PortSpec {
  const { mode, target, published, protocol, ...rest } = port;
  refuseUnknown(rest, `${where}.ports`);
  return { Protocol: protocol, TargetPort: target, PublishedPort: published, PublishMode: mode };
}

/** Names with their prefix; what is added is not dropped; `ALL` stands for every other. */
function effectiveCapabilities(add: readonly string[], drop: readonly string[]) {
  const full = (name: string) => {
    const upper = name.trim().toUpperCase();
    return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  };
  const set = (names: readonly string[]) => {
    const all = [...new Set(names.map(full))].sort();
    return all.includes('ALL') ? ['ALL'] : all;
  };
  const added = set(add);
  return { add: added, drop: set(drop).filter((name) => !added.includes(name)) };
}
