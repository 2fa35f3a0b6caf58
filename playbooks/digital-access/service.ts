import { z } from 'zod';

/** A service of Digital Access on a node, as compose files, labels and folders name it. */
export interface Service {
  /** In the compose files: `policy1`. */
  readonly name: string;
  /** What it is a copy of: `policy`. */
  readonly kind: string;
  /** The node label that its placement constraint names: `da-policy-service1`. */
  readonly label: string;
  /** Its folder below the configuration root: `policy-service`. */
  readonly folder: string;
}

/** Kinds whose folder, image and label are not called `<kind>-service`. */
const plainNames = ['access-point', 'postgres'];

/**
 * What a service's name says by the product's naming: added services carry a number behind the name, and
 * so do their labels.
 * @example serviceOf('policy1') // { kind: 'policy', label: 'da-policy-service1', folder: 'policy-service' … }
 */
function serviceOf(name: string): Service {
  const [, kind = name, number = ''] = /^(.*?)(\d*)$/.exec(name) ?? [];
  const folder = plainNames.includes(kind) ? kind : `${kind}-service`;
  return { name, kind, label: `da-${folder}${number}`, folder };
}

/** In the inventory: a name, or a name with whatever differs from the product's naming. */
export const ServiceSchema = z
  .union([
    z.string().min(1),
    z.strictObject({
      name: z.string().min(1),
      kind: z.string().optional(),
      label: z.string().optional(),
      folder: z.string().optional(),
    }),
  ])
  .transform((given): Service => {
    if (typeof given === 'string') return serviceOf(given);
    const named = serviceOf(given.name);
    return {
      name: given.name,
      kind: given.kind ?? named.kind,
      label: given.label ?? named.label,
      folder: given.folder ?? named.folder,
    };
  });
