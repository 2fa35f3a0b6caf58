import { editYaml, readYaml, type YamlEdit } from 'dabook/tasks';
import { labelIn } from './label-in.ts';
import { portEdits } from './port-edits.ts';
import type { Service } from './service.ts';

export interface BlockInput {
  /** The compose file that it is for. */
  readonly file: string;
  readonly service: Service;
  /** Name of the service whose block it was. */
  readonly template: string;
  /** Tag of the image. */
  readonly tag: string;
}

/**
 * A copied block, made that of another service: its host name and aliases, the label that places it, its
 * ports and its image. Whatever else the block says stays as its author wrote it.
 */
export function blockFor(block: string, { file, service, template, tag }: BlockInput): string {
  const { name, ports } = service;
  const at = (...path: (string | number)[]) => [name, ...path];
  const read = (...path: (string | number)[]) => readYaml(block, at(...path));
  const edits: YamlEdit[] = [];

  if (read('hostname') === template) edits.push({ at: at('hostname'), set: name });
  const networks = read('networks');
  for (const network of isMapping(networks) ? Object.keys(networks) : []) {
    const aliases = read('networks', network, 'aliases');
    if (!Array.isArray(aliases)) continue;
    for (const [index, alias] of aliases.entries()) {
      if (alias === template) edits.push({ at: at('networks', network, 'aliases', index), set: name });
    }
  }
  const constraints = read('deploy', 'placement', 'constraints');
  for (const [index, constraint] of (Array.isArray(constraints) ? constraints : []).entries()) {
    const label = labelIn(String(constraint));
    if (label === undefined) continue;
    const moved = String(constraint).replace(label, service.label);
    edits.push({ at: at('deploy', 'placement', 'constraints', index), set: moved });
  }
  if (ports !== undefined && (file === 'network.yml' || read('ports') !== undefined)) {
    edits.push(...portEdits(block, at('ports'), ports));
  }
  const image = read('image');
  if (typeof image === 'string') edits.push({ at: at('image'), set: service.image ?? withTag(image, tag) });
  return editYaml(block, edits);
}

/** `registry:5000/da/policy-service:6.0.5` with another tag; a digest goes, since it belongs to one version. */
function withTag(image: string, tag: string): string {
  return `${image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}:${tag}`;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
