import { editYaml, type YamlEdit } from 'dabook/tasks';
import { labelIn, withLabel } from './label-in.ts';
import type { Service } from './service.ts';
import type { Template } from './template.ts';
import type { ReadYaml } from './yaml-reader.ts';

export interface BlockInput {
  readonly service: Service;
  /** The service whose block it was. */
  readonly template: Pick<Template, 'name' | 'label' | 'folder'>;
  /** Tag of the image. */
  readonly tag: string;
}

/**
 * A copied block, made that of another service: its host name and aliases, the label that places it, the folder
 * that it mounts where it has one of its own, and the tag of its image; a database keeps its tag. Whatever else the block says stays as its author wrote it, other
 * constraints too.
 */
export function blockFor(block: string, { service, template, tag }: BlockInput, readYaml: ReadYaml): string {
  const { name, kind } = service;
  const at = (...path: (string | number)[]) => [name, ...path];
  const read = (...path: (string | number)[]) => readYaml(block, at(...path));
  const edits: YamlEdit[] = [];

  if (read('hostname') === template.name) edits.push({ at: at('hostname'), set: name });
  const networks = read('networks');
  for (const network of isMapping(networks) ? Object.keys(networks) : []) {
    const aliases = read('networks', network, 'aliases');
    if (!Array.isArray(aliases)) continue;
    for (const [index, alias] of aliases.entries()) {
      if (alias === template.name) edits.push({ at: at('networks', network, 'aliases', index), set: name });
    }
  }
  const constraints = read('deploy', 'placement', 'constraints');
  for (const [index, constraint] of (Array.isArray(constraints) ? constraints : []).entries()) {
    const label = labelIn(String(constraint));
    if (label === undefined || label !== template.label) continue;
    const moved = withLabel(String(constraint), service.label);
    edits.push({ at: at('deploy', 'placement', 'constraints', index), set: moved });
  }
  const volumes = read('volumes');
  for (const [index, volume] of (Array.isArray(volumes) ? volumes : []).entries()) {
    const source = sourceOf(volume);
    const moved = source?.replace(...folders(template.folder, service.folder));
    if (source === undefined || moved === undefined || moved === source) continue;
    const place = at('volumes', index);
    edits.push(
      isMapping(volume)
        ? { at: [...place, 'source'], set: moved }
        : { at: place, set: String(volume).replace(source, moved) },
    );
  }
  const image = read('image');
  // Where a variable is, its value has the tag.
  if (typeof image === 'string' && kind !== 'database' && !image.includes('$')) {
    edits.push({ at: at('image'), set: withTag(image, tag) });
  }
  return editYaml(block, edits);
}

/** `registry:5000/da/policy-service:6.0.5` with another tag; a digest goes, since it belongs to one version. */
function withTag(image: string, tag: string): string {
  return `${image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}:${tag}`;
}

/** What of the host a volume mounts: `/opt/nexus/config/policy-service`. */
function sourceOf(volume: unknown): string | undefined {
  if (!isMapping(volume)) return /^(\/[^:]*):/.exec(String(volume))?.[1];
  return typeof volume.source === 'string' ? volume.source : undefined;
}

/** A folder of a path, and the one in its place. */
function folders(from: string, to: string): [RegExp, () => string] {
  const literal = from.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return [new RegExp(`(?<=/)${literal}(?=/|$)`), () => to];
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
