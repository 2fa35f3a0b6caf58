import { type Host, isKnown, type Later, refuse, type Unknown } from 'dabook';
import {
  type ComposeConfig,
  composeConfig,
  composeFindings,
  plainText,
  swarmMembership,
  textFile,
} from 'dabook/tasks';
import { type ComposeEdits, type ComposeTexts, composeEdits } from './compose-edits.ts';
import { composeFiles, type Installation } from './installation.ts';
import { labelIn } from './label-in.ts';
import { nodesToBe } from './nodes-to-be.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

/** The manager's compose files as they will be, and what has to be written for it. */
export interface CheckedCompose extends ComposeEdits {
  readonly config: ComposeConfig;
  /** True when a file differs from what it will be. */
  readonly isDue: boolean;
}

/** A host's compose files; nothing where it has not all of them. */
export async function readComposeTexts(
  host: Host,
  { compose_dir }: Installation,
): Promise<ComposeTexts | undefined> {
  const files = await Promise.all(composeFiles.map((file) => host.read(textFile(`${compose_dir}/${file}`))));
  const texts = files.map((file) => ('type' in file ? plainText(file) : undefined));
  if (texts.some((text) => text === undefined)) return undefined;
  return Object.fromEntries(
    composeFiles.map((file, index) => [file, texts[index]]),
  ) as unknown as ComposeTexts;
}

/**
 * Works out what the manager's compose files lack, merges them as they will be, and holds the result against
 * the inventory: before anything is stopped, and before any file is replaced.
 * @param found the compose files of each host's own installation
 * @throws DabookError `refused`, with everything that does not fit
 */
export async function checkCompose(
  manager: Host,
  { installation, services, hosts }: Pick<Site, 'installation' | 'services' | 'hosts'>,
  found: Readonly<Record<string, ComposeTexts | undefined>>,
): Promise<CheckedCompose> {
  const dir = installation.compose_dir;
  const texts = found[manager.name] ?? (await readComposeTexts(manager, installation));
  if (texts === undefined) {
    throw refuse(
      `${dir} of ${manager.name} has not all of ${composeFiles.join(', ')}`,
      'name the folder of the compose files in the inventory: compose_dir',
    );
  }
  const tag = installation.tag ?? installation.version;
  const edits = composeEdits({
    services,
    tag,
    manager: { name: manager.name, texts },
    workers: Object.fromEntries(Object.entries(found).filter(([name]) => name !== manager.name)),
  });
  const merged = { dir, files: [...composeFiles], texts: edits.texts };
  const nodes = nodesToBe({ manager, services, hosts }, await manager.read(swarmMembership));
  const findings = now(await manager.read(composeFindings({ ...merged, nodes })));
  const told = findings.map(({ place, message, hint, severity }) => ({
    severity,
    text: `${place === undefined ? '' : `${place}: `}${message}${hint === undefined ? '' : ` (${hint})`}`,
  }));
  refuseAll(
    told.filter(({ severity }) => severity === 'fault').map(({ text }) => text),
    dir,
  );
  const { config } = now(await manager.read(composeConfig(merged)));
  refuseAll(
    services.flatMap((service) => misfits(service, config, installation.config_root)),
    dir,
  );
  const warnings = told.filter(({ severity }) => severity === 'warning').map(({ text }) => text);
  return {
    ...edits,
    warnings: [...edits.warnings, ...warnings, ...otherTags(services, config, tag)],
    config,
    isDue: composeFiles.some((file) => edits.texts[file] !== texts[file]),
  };
}

function refuseAll(faults: readonly string[], dir: string): void {
  if (faults.length === 0) return;
  throw refuse(
    `the compose files in ${dir}, with what is added to them, do not fit:\n${faults.join('\n')}`,
    'nothing was changed; correct the compose files, or the services in the inventory',
  );
}

/** Nothing of a check goes before it, so that the files are known. */
function now<T>(compose: Later<T>): Exclude<T, Unknown> {
  if (isKnown(compose)) return compose;
  throw refuse('the compose files are not known before an earlier change to them is done');
}

/** Where the compose files say something else of a service than the inventory does. */
function misfits(
  { name, label, folder, listeners }: Service,
  { services }: ComposeConfig,
  root: string,
): readonly string[] {
  const service = services[name];
  if (service === undefined) return [`no service is called ${name}`];
  const constraints = service.deploy?.placement?.constraints ?? [];
  const labels = constraints.map(labelIn).filter((found) => found !== undefined);
  const published = (service.ports ?? []).map((port) => port.published);
  const mounted = (service.volumes ?? []).flatMap(({ source = '' }) =>
    source.startsWith(`${root}/`) ? [source] : [],
  );
  const own = `${root}/${folder}`;
  return [
    ...(mounted.length === 0 || mounted.some((source) => `${source}/`.startsWith(`${own}/`))
      ? []
      : [`${name} has the folder ${own} in the inventory, and mounts ${mounted.join(' and ')}`]),
    ...(labels.includes(label)
      ? []
      : [
          `${name} has the label ${label} in the inventory, and ${labels.length === 0 ? 'no constraint on a label' : `is placed by ${labels.join(' and ')}`}`,
        ]),
    ...listeners
      .filter((listener) => !published.includes(listener))
      .map((listener) => `${name} has the listener ${listener}, and does not publish that port`),
  ];
}

/** All services of an installation are of one version. */
function otherTags(services: readonly Service[], config: ComposeConfig, tag: string): readonly string[] {
  return services.flatMap(({ name, kind, image: own }) => {
    const image = config.services[name]?.image ?? '';
    if (kind === 'database' || own !== undefined || image.endsWith(`:${tag}`)) return [];
    return [`${name} runs ${image}, and the inventory says ${tag}: all services shall be of one version`];
  });
}

/** The manager's compose files as they are, merged. */
export async function mergedCompose(
  manager: Host,
  { installation: { compose_dir: dir } }: Pick<Site, 'installation'>,
): Promise<ComposeConfig> {
  return now(await manager.read(composeConfig({ dir, files: [...composeFiles] }))).config;
}
