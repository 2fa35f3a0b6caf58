import { refuse } from 'dabook';
import { blockOf, editYaml, renameKey, strippedImage, type YamlEdit } from 'dabook/tasks';
import type { ComposeTexts } from './compose-texts.ts';
import { composeFiles } from './installation.ts';
import type { Service } from './service.ts';
import { blockFor } from './service-block.ts';
import { statedEdits } from './stated-edits.ts';
import { namesIn, type Template, templateIn } from './template.ts';
import { type ReadYaml, yamlReader } from './yaml-reader.ts';

type ComposeFile = (typeof composeFiles)[number];

/** What the manager's compose files lack, as edits of each. */
export interface ComposeEdits {
  readonly edits: Readonly<Record<ComposeFile, readonly YamlEdit[]>>;
  /** The files as they will be. */
  readonly texts: ComposeTexts;
  readonly warnings: readonly string[];
}

export interface ComposeInput {
  readonly services: readonly Service[];
  /** Tag of the images of services that are added. */
  readonly tag: string;
  /** The host whose compose files are completed. */
  readonly manager: { readonly name: string; readonly texts: ComposeTexts };
  /** The files of the workers' own installations, by host; of those that have any. */
  readonly workers: Readonly<Record<string, ComposeTexts | undefined>>;
}

/**
 * The blocks that the manager's compose files lack for the services that are added: copied from a service of the
 * same kind, into each file that has a block of that one. Which one: the manager's own; where it has none of that
 * kind, that of the worker that carries the service; else another worker's, in the order of the inventory. What
 * is in the files already is left as it is, but for the image and the ports that the inventory says.
 * @throws DabookError `refused`, with every service that there is nothing to copy for
 */
export function composeEdits({ services, tag, manager, workers }: ComposeInput): ComposeEdits {
  const edits: Record<ComposeFile, YamlEdit[]> = {
    'docker-compose.yml': [],
    'network.yml': [],
    'versiontag.yml': [],
  };
  const texts = { ...manager.texts };
  const read = yamlReader();
  const apply = (file: ComposeFile, more: readonly YamlEdit[]): void => {
    if (more.length === 0) return;
    inFile(file, () => {
      texts[file] = editYaml(texts[file], more);
    });
    edits[file].push(...more);
  };

  readable(manager.texts, read);
  const found = services.map((service) => missingBlocks(service, { services, tag, manager, workers }, read));
  const faults = found.flatMap(({ fault }) => fault ?? []);
  if (faults.length > 0) {
    throw refuse(
      `the compose files of the manager cannot be completed:\n${faults.join('\n')}`,
      'write a block for it in docker-compose.yml, and in the others what belongs there; later ones are copied from it',
    );
  }
  for (const { file, edit } of found.flatMap(({ blocks }) => blocks)) apply(file, [edit]);
  for (const service of services) {
    for (const file of composeFiles) {
      apply(
        file,
        inFile(file, () => statedEdits(service, texts, file, read)),
      );
    }
  }
  const warnings: string[] = [];
  for (const file of composeFiles) {
    for (const name of namesIn(texts[file], read)) {
      const at = ['services', name, 'image'];
      const image = read(texts[file], at);
      if (typeof image !== 'string' || strippedImage(image) === image) continue;
      warnings.push(`${file}: the image ${image} of ${name} is written without ${image.split('//')[0]}//`);
      apply(file, [{ at, set: strippedImage(image) }]);
    }
  }
  return { edits, texts, warnings };
}

interface MissingBlocks {
  readonly blocks: readonly { readonly file: ComposeFile; readonly edit: YamlEdit }[];
  /** Why they cannot be made. */
  readonly fault?: string;
}

function missingBlocks(
  service: Service,
  { services, tag, manager: { name: host, texts }, workers }: ComposeInput,
  read: ReadYaml,
): MissingBlocks {
  const at = ['services', service.name];
  const isThere = read(texts['docker-compose.yml'], at) !== undefined;
  if (isThere && service.node === host) return { blocks: [] };
  const own = templateIn(texts, { service, services, isOwn: true }, read);
  // What the operator has written already is completed in the way of these files, and of no others.
  const others = isThere ? [] : [service.node, ...Object.keys(workers)];
  const template = others.reduce((first, worker) => {
    const theirs = workers[worker];
    if (first !== undefined || theirs === undefined) return first;
    return templateIn(readable(theirs, read, worker), { service, services, isOwn: false }, read);
  }, own);
  if (template === undefined) {
    if (isThere) return { blocks: [] };
    const fault = `docker-compose.yml has no block for ${service.name}, nor one of kind ${service.kind} to copy`;
    return { blocks: [], fault };
  }
  const said = new Set(composeFiles.flatMap((file) => keysAt(read(texts[file], at))));
  const blocks = composeFiles.flatMap((file) => {
    if (read(texts[file], at) !== undefined) return [];
    const block = copyOf(template, file, { service, tag }, read);
    // A file that is read later would win over what the operator has written, or add to it.
    if (block === undefined || keysAt(read(block, [service.name])).some((key) => said.has(key))) return [];
    return [{ file, edit: { at, block } }];
  });
  const constraints = [service.name, 'deploy', 'placement', 'constraints'];
  if (template.unclear.length > 0 && blocks.some(({ edit }) => read(edit.block, constraints) !== undefined)) {
    const fault = `${service.name} would be a copy of ${template.name}, which is placed by the labels ${template.unclear.join(' and ')}: which of them is its own is not known`;
    return { blocks: [], fault };
  }
  return { blocks };
}

function copyOf(
  template: Template,
  file: ComposeFile,
  { service, tag }: { readonly service: Service; readonly tag: string },
  read: ReadYaml,
): string | undefined {
  const block = blockOf(template.texts[file], ['services', template.name]);
  if (block === undefined) return undefined;
  return inFile(`${file}, in the block of ${template.name}`, () =>
    blockFor(renameKey(block, service.name), { service, template, tag }, read),
  );
}

function keysAt(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** The files, once it is known that they can be read. */
function readable(texts: ComposeTexts, read: ReadYaml, host?: string): ComposeTexts {
  for (const file of composeFiles) {
    inFile(host === undefined ? file : `${file} of ${host}`, () => read(texts[file], []));
  }
  return texts;
}

/** What cannot be edited is told with the name of its file. */
function inFile<T>(file: string, edit: () => T): T {
  try {
    return edit();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'refused') throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
    throw refuse(`${file}:${/^\d+:/.test(error.message) ? '' : ' '}${error.message}`, hint);
  }
}
