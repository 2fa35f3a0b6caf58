import type { Installation } from './installation.ts';
import { type Kind, kinds, type PublishedPort } from './service-entry.ts';

/** A service of the installation, with everything that follows from its name. */
export interface Service {
  /** In the compose files: `policy1`. */
  readonly name: string;
  /** What it is a copy of: `policy`. */
  readonly kind: Kind;
  /** The host that carries it. */
  readonly node: string;
  /** The node label that its placement constraint names: `da-policy-service1`. */
  readonly label: string;
  /** Its folder below the configuration root: `policy-service`. */
  readonly folder: string;
  readonly image: string | undefined;
  readonly ports: readonly PublishedPort[] | undefined;
  readonly listeners: readonly number[];
  readonly id: number | undefined;
  readonly internalHost: string | undefined;
  readonly internalPort: number | undefined;
  /** Name of its own object in its local configuration. */
  readonly object: string | undefined;
}

/** Names that are usual for a kind beside its own. */
const otherNames: Readonly<Record<string, Kind>> = { accesspoint: 'access-point', postgres: 'database' };

/**
 * What kind of service a name says, by the product's naming: added services carry a number behind it.
 * @example kindOf('policy1') // 'policy'
 */
export function kindOf(name: string): Kind | undefined {
  const [base] = split(name);
  return kinds.find((kind) => kind === base) ?? otherNames[base];
}

/** The services of an installation, in the order of the inventory. Those of no known kind are left out. */
export function servicesOf({ services }: Pick<Installation, 'services'>): readonly Service[] {
  return Object.entries(services).flatMap(([name, entry]): readonly Service[] => {
    const kind = entry.kind ?? kindOf(name);
    if (kind === undefined) return [];
    const folder = entry.folder ?? usualFolder(kind);
    return [
      {
        name,
        kind,
        node: entry.node,
        label: entry.label ?? usualLabel(name, kind),
        folder,
        image: entry.image,
        ports: entry.ports,
        listeners: entry.listeners,
        id: entry.id,
        internalHost: entry.internal_host,
        internalPort: entry.internal_port,
        object: entry.object,
      },
    ];
  });
}

/**
 * The label that the product's naming gives a service.
 * @example usualLabel('policy1', 'policy') // 'da-policy-service1'
 */
export function usualLabel(name: string, kind: Kind): string {
  const [, number] = split(name);
  return `da-${usualFolder(kind)}${number}`;
}

/** The folder of a kind of services below the configuration root: `policy-service`. */
export function usualFolder(kind: Kind): string {
  if (kind === 'database') return 'postgres';
  return kind === 'access-point' ? kind : `${kind}-service`;
}

/** A name and the number behind it. */
function split(name: string): readonly [base: string, number: string] {
  const [, base = name, number = ''] = /^(.*?)(\d*)$/.exec(name) ?? [];
  return [base, number];
}
