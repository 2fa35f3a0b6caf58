import type { ComposeTexts } from './compose-texts.ts';
import { composeFiles } from './installation.ts';
import { labelIn } from './label-in.ts';
import { kindOf, type Service, usualFolder, usualLabel } from './service.ts';
import type { ReadYaml } from './yaml-reader.ts';

/** A service whose blocks are copied for another one of its kind. */
export interface Template {
  readonly name: string;
  /** The compose files that it is in. */
  readonly texts: ComposeTexts;
  /** The label that places it: the one that a copy has a label of its own for. None where nothing places it. */
  readonly label: string | undefined;
  /** Its folder below the configuration root, as it is usual or as the inventory has it. */
  readonly folder: string;
  /** Labels that it is placed by, when none of them is known for its own. */
  readonly unclear: readonly string[];
}

export interface TemplateQuery {
  /** For which the template is looked for. */
  readonly service: Pick<Service, 'name' | 'kind'>;
  /** Every service of the installation. */
  readonly services: readonly Service[];
  /** True for the files of this installation, false for those of one that is yet to join. */
  readonly isOwn: boolean;
}

/**
 * The first service of a kind in `docker-compose.yml`, and its label: of those in its constraints the one that
 * the inventory or the product's naming gives it. A service of a name that the inventory does not know may be
 * named in another way: then it is the only one, if there is only one.
 * @returns nothing where no service is of that kind
 */
export function templateIn(
  texts: ComposeTexts,
  { service, services, isOwn }: TemplateQuery,
  read: ReadYaml,
): Template | undefined {
  const entryOf = (name: string) => services.find((each) => each.name === name);
  const name = namesIn(texts['docker-compose.yml'], read).find(
    (each) => (entryOf(each)?.kind ?? kindOf(each)) === service.kind && !(isOwn && each === service.name),
  );
  if (name === undefined) return undefined;
  const labels = labelsOf(texts, name, read);
  const folder = entryOf(name)?.folder ?? usualFolder(service.kind);
  const known = [entryOf(name)?.label, usualLabel(name, service.kind)];
  const label = labels.find((each) => known.includes(each));
  if (label !== undefined) return { name, texts, folder, label, unclear: [] };
  // What the inventory says of a service that is in these files is held against them elsewhere.
  if (isOwn && entryOf(name) !== undefined) return { name, texts, folder, label: undefined, unclear: [] };
  return labels.length > 1
    ? { name, texts, folder, label: undefined, unclear: labels }
    : { name, texts, folder, label: labels[0], unclear: [] };
}

/** The names of the services that a compose file has. */
export function namesIn(text: string, read: ReadYaml): readonly string[] {
  const services = read(text, ['services']);
  return typeof services === 'object' && services !== null ? Object.keys(services) : [];
}

/** The labels that a service's placement constraints ask for, in all files. */
function labelsOf(texts: ComposeTexts, name: string, read: ReadYaml): readonly string[] {
  const labels = composeFiles.flatMap((file) => {
    const constraints = read(texts[file], ['services', name, 'deploy', 'placement', 'constraints']);
    return (Array.isArray(constraints) ? constraints : []).flatMap((each) => labelIn(String(each)) ?? []);
  });
  return [...new Set(labels)];
}
