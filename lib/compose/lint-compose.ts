import { isRecord } from '../equal.ts';
import { DabookError, messageOf } from '../errors.ts';
import type { ComposeConfig } from './compose-config.ts';
import type { ComposeSource } from './compose-source.ts';
import { scatteredConstraints, unmetConstraints } from './constraint-findings.ts';
import { undefinedNetworks } from './convert-network.ts';
import { convertService } from './convert-service.ts';
import { dnsrrPorts } from './dnsrr-ports.ts';
import { type Finding, type Found, showSpot } from './finding.ts';
import { imageFindings } from './image-findings.ts';
import { lastSpot } from './last-spot.ts';
import { constrainedNode, type LintNode } from './lint-node.ts';
import { type ParsedFile, readComposeFile } from './parse-file.ts';
import { portClashes } from './port-clashes.ts';
import type { ServiceSpec } from './service-spec.ts';
import { servicesIn, strayServices } from './stray-services.ts';
import { tagFindings } from './tag-findings.ts';
import { unknownProperties } from './unknown-properties.ts';
import { versionFaults } from './version-faults.ts';

export interface LintArgs {
  /** The files, the base first. */
  readonly sources: readonly ComposeSource[];
  /** What they merge to; none where they cannot be merged: only what the files tell by themselves is found then. */
  readonly config?: ComposeConfig | undefined;
  /** The swarm's nodes with the labels that they will have; without them none is held against them. */
  readonly nodes?: readonly LintNode[] | undefined;
}

/**
 * What is wrong with compose files, all at once and in order of place: what docker would refuse when it merges
 * them, and what it would not see until services fail to run, or run where nobody meant.
 * @example
 * const { config, sources } = await host.read(composeConfig({ dir, files }))
 * const faults = lintCompose({ sources, config, nodes }).filter(({ severity }) => severity === 'fault')
 */
export function lintCompose({ sources, config, nodes }: LintArgs): readonly Finding[] {
  const readings = sources.map(readComposeFile);
  const files = readings.flatMap(({ parsed }) => parsed ?? []);
  const found = [
    ...readings.flatMap(({ faults }) => faults),
    ...files.flatMap(unknownProperties),
    ...versionFaults(files),
    ...strayServices(files),
    ...scatteredConstraints(files),
    ...ofImages(config?.services ?? imagesIn(files), files),
    ...(config === undefined ? [] : ofMerged(config, files, nodes)),
  ];
  const order = sources.map(({ file }) => file);
  const rank = ({ spot }: Found) => (spot === undefined ? order.length : order.indexOf(spot.file));
  const line = ({ spot }: Found) => spot?.line ?? 0;
  const column = ({ spot }: Found) => spot?.column ?? 0;
  return found
    .sort((a, b) => rank(a) - rank(b) || line(a) - line(b) || column(a) - column(b))
    .map(({ severity, message, hint, spot }) => ({
      severity,
      message,
      ...(spot === undefined ? {} : { place: showSpot(spot) }),
      hint,
    }));
}

function ofImages(
  services: Readonly<Record<string, { readonly image?: string | undefined }>>,
  files: readonly ParsedFile[],
): readonly Found[] {
  return [...imageFindings(services, files), ...tagFindings(services, files)];
}

/** The images of files that could not be merged. One with a variable in it cannot be told of. */
function imagesIn(files: readonly ParsedFile[]): Readonly<Record<string, { readonly image?: string }>> {
  const names = [...new Set(files.flatMap(servicesIn))];
  const entries = names.flatMap((name) => {
    const images = files.flatMap(({ data }) => {
      const service = isRecord(data.services) ? data.services[name] : undefined;
      return isRecord(service) && typeof service.image === 'string' ? [service.image] : [];
    });
    const image = images.at(-1);
    if (image === undefined) return [[name, {}] as const];
    return image.includes('$') ? [] : [[name, { image }] as const];
  });
  return Object.fromEntries(entries);
}

function ofMerged(
  config: ComposeConfig,
  files: readonly ParsedFile[],
  nodes: readonly LintNode[] | undefined,
): readonly Found[] {
  const networks = undefinedNetworks(config).map((fault) => ({
    ...fault,
    spot: networkSpot(fault.services[0] ?? '', fault.network, files),
  }));
  const specs: Record<string, ServiceSpec> = {};
  const others: Found[] = [];
  for (const service of Object.keys(config.services)) {
    try {
      // Which stack it is makes no difference to what is looked at.
      specs[service] = convertService('stack', service, config);
    } catch (error) {
      const message = messageOf(error);
      const hint = error instanceof DabookError ? (error.hint ?? '') : '';
      const isTold = networks.some((network) => network.message === message);
      const spot = lastSpot(files, ['services', service]);
      if (!isTold) others.push({ severity: 'fault', message, hint, spot });
    }
  }
  return [
    ...networks,
    ...others,
    ...dnsrrPorts(specs, files),
    ...portClashes(specs, files, nodes?.map(constrainedNode)),
    ...(nodes === undefined ? [] : unmetConstraints(config, files, nodes)),
  ];
}

/** Where a service names a network, be it in a mapping or in a list. */
function networkSpot(service: string, network: string, files: readonly ParsedFile[]) {
  const path = ['services', service, 'networks'];
  for (const file of files) {
    const services = file.data.services;
    const own = isRecord(services) ? services[service] : undefined;
    const named = isRecord(own) ? own.networks : undefined;
    const index = Array.isArray(named) ? named.indexOf(network) : -1;
    if (index >= 0) return file.spot([...path, index]);
    if (file.has([...path, network])) return file.spot([...path, network]);
  }
  return lastSpot(files, path);
}
