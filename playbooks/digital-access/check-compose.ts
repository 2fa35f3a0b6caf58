import { type Host, isKnown, type Later, refuse, type Unknown } from 'dabook';
import { type ComposeConfig, composeConfig, composeReview, type Membership } from 'dabook/tasks';
import { type ComposeEdits, composeEdits } from './compose-edits.ts';
import { type ComposeTexts, composeTextsOf } from './compose-texts.ts';
import { composeFiles } from './installation.ts';
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

/**
 * Works out what the manager's compose files lack, merges them as they will be, and holds the result against
 * the inventory: before anything is stopped, and before any file is replaced.
 * @param found the compose files of each host's own installation, and the manager's membership
 * @throws DabookError `refused`, with everything that does not fit
 */
export async function checkCompose(
  manager: Host,
  { installation, services, hosts }: Pick<Site, 'installation' | 'services' | 'hosts'>,
  found: {
    readonly texts: Readonly<Record<string, ComposeTexts | undefined>>;
    readonly membership: Membership;
  },
): Promise<CheckedCompose> {
  const dir = installation.compose_dir;
  const texts = found.texts[manager.name] ?? (await composeTextsOf(manager, installation));
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
    workers: Object.fromEntries(Object.entries(found.texts).filter(([name]) => name !== manager.name)),
  });
  const edited = composeFiles.filter((file) => edits.texts[file] !== texts[file]);
  const merged = {
    dir,
    files: [...composeFiles],
    texts: Object.fromEntries(edited.map((file) => [file, edits.texts[file]])),
  };
  const nodes = nodesToBe({ manager, services, hosts }, found.membership);
  const { findings, config } = now(await manager.read(composeReview({ ...merged, nodes })));
  const told = findings.map(({ place, message, hint, severity }) => ({
    severity,
    text: `${place === undefined ? '' : `${place}: `}${message}${hint === undefined ? '' : ` (${hint})`}`,
  }));
  refuseAll(
    told.filter(({ severity }) => severity === 'fault').map(({ text }) => text),
    dir,
  );
  if (config === undefined) throw new Error('files that cannot be merged are a fault');
  refuseAll(
    services.flatMap((service) => misfits(service, config, installation.config_root)),
    dir,
  );
  const warnings = told.filter(({ severity }) => severity === 'warning').map(({ text }) => text);
  return {
    ...edits,
    warnings: [...edits.warnings, ...warnings, ...otherTags(services, config, tag)],
    config,
    isDue: edited.length > 0,
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
