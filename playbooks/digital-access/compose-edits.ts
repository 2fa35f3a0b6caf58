import { refuse } from 'dabook';
import { blockOf, editYaml, readYaml, renameKey, strippedImage, type YamlEdit } from 'dabook/tasks';
import { composeFiles } from './installation.ts';
import { portEdits } from './port-edits.ts';
import { kindOf, type Service } from './service.ts';
import { blockFor } from './service-block.ts';
import type { Kind } from './service-entry.ts';

/** The texts of the three compose files of a host, by name. */
export type ComposeTexts = Readonly<Record<(typeof composeFiles)[number], string>>;

/** What the manager's compose files lack, as edits of each. */
export interface ComposeEdits {
  readonly edits: Readonly<Record<(typeof composeFiles)[number], readonly YamlEdit[]>>;
  /** The files as they will be. */
  readonly texts: ComposeTexts;
  readonly warnings: readonly string[];
}

export interface ComposeInput {
  readonly services: readonly Service[];
  /** Tag of the images of services that are added. */
  readonly tag: string;
  readonly manager: ComposeTexts;
  /** The files of the workers' own installations, by host; of those that have any. */
  readonly workers: Readonly<Record<string, ComposeTexts | undefined>>;
}

/**
 * The blocks that the manager's compose files lack, one in each file for each service: copied from a service
 * of the same kind, which the operator has written, with what has to differ. A kind that the manager's files
 * do not have is taken from the files of the worker that brings it, or of another one.
 * @throws DabookError `refused`, with every service that there is nothing to copy for
 */
export function composeEdits({ services, tag, manager, workers }: ComposeInput): ComposeEdits {
  const warnings: string[] = [];
  const faults: string[] = [];

  const blockIn = (file: (typeof composeFiles)[number], service: Service): string | undefined => {
    const others = [workers[service.node], ...Object.values(workers)];
    for (const texts of [manager, ...others]) {
      if (texts === undefined) continue;
      const template = templateIn(texts, service.kind, services);
      const block = template === undefined ? undefined : blockOf(texts[file], ['services', template]);
      if (template === undefined || block === undefined) continue;
      return blockFor(renameKey(block, service.name), { file, service, template, tag });
    }
    if (file === 'versiontag.yml' && service.image !== undefined) {
      return `${service.name}:\n  image: ${service.image}\n`;
    }
    return undefined;
  };

  const editsOf = (file: (typeof composeFiles)[number]): readonly YamlEdit[] =>
    services.flatMap((service): readonly YamlEdit[] => {
      const at = ['services', service.name];
      if (readYaml(manager[file], at) !== undefined) return ownEdits(file, service, manager[file]);
      const block = blockIn(file, service);
      if (block === undefined) {
        faults.push(`${file} has no block for ${service.name}, nor one of kind ${service.kind} to copy`);
        return [];
      }
      return [{ at, block }];
    });

  const withScheme = (file: (typeof composeFiles)[number], edits: readonly YamlEdit[]) => {
    const text = editYaml(manager[file], edits);
    const found = namesIn(text).flatMap((name): readonly YamlEdit[] => {
      const at = ['services', name, 'image'];
      const image = readYaml(text, at);
      if (typeof image !== 'string' || strippedImage(image) === image) return [];
      warnings.push(`${file}: the image ${image} of ${name} is written without ${image.split('//')[0]}//`);
      return [{ at, set: strippedImage(image) }];
    });
    return [...edits, ...found];
  };

  const edits = Object.fromEntries(
    composeFiles.map((file) => [file, inFile(file, () => withScheme(file, editsOf(file)))]),
  ) as unknown as ComposeEdits['edits'];
  if (faults.length > 0) {
    throw refuse(
      `the compose files of the manager cannot be completed:\n${faults.join('\n')}`,
      'write a block for it in each of the three files; later ones are copied from it',
    );
  }
  const texts = Object.fromEntries(
    composeFiles.map((file) => [file, editYaml(manager[file], edits[file])]),
  ) as unknown as ComposeTexts;
  return { edits, texts, warnings };
}

/** What cannot be edited is told with the name of its file. */
function inFile<T>(file: string, edit: () => T): T {
  try {
    return edit();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'refused') throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    throw refuse(`${file}:${error.message}`, hint);
  }
}

/** What the inventory says of a service that has its block already. */
function ownEdits(
  file: (typeof composeFiles)[number],
  { name, image, ports }: Service,
  text: string,
): readonly YamlEdit[] {
  const at = ['services', name];
  if (file === 'versiontag.yml' && image !== undefined) return [{ at: [...at, 'image'], set: image }];
  if (file === 'network.yml' && ports !== undefined) return portEdits(text, [...at, 'ports'], ports);
  return [];
}

/** The name of the service whose block is copied: one of the same kind that these files have. */
function templateIn(texts: ComposeTexts, kind: Kind, all: readonly Service[]): string | undefined {
  const kindIn = (name: string) => all.find((service) => service.name === name)?.kind ?? kindOf(name);
  return namesIn(texts['docker-compose.yml']).find((name) => kindIn(name) === kind);
}

function namesIn(text: string): readonly string[] {
  const services = readYaml(text, ['services']);
  return typeof services === 'object' && services !== null ? Object.keys(services) : [];
}
