import { isRecord } from '../equal.ts';

type Properties = Readonly<Record<string, unknown>>;

/** Compose files in long form, before they are known to be whole. */
export type Sections = Readonly<
  Record<'services' | 'networks' | 'volumes' | 'secrets' | 'configs', Properties>
>;

/**
 * Lays one compose file over another, by docker's rules for stacks: later words win; most lists are
 * appended to; ports, mounts, secrets and configs are replaced by what they publish, mount or name;
 * networks and the like are replaced whole. What is empty, zero or false does not win over what is not,
 * except for counts.
 */
export function mergeSections(base: Sections, over: Sections): Sections {
  const services = { ...base.services };
  for (const [name, service] of Object.entries(over.services)) {
    const below = services[name];
    services[name] = isRecord(below) && isRecord(service) ? mergeProperties(below, service, '') : service;
  }
  return {
    services,
    networks: { ...base.networks, ...over.networks },
    volumes: { ...base.volumes, ...over.volumes },
    secrets: { ...base.secrets, ...over.secrets },
    configs: { ...base.configs, ...over.configs },
  };
}

/** By what the entries of a list replace one another. */
const keyed: Readonly<Record<string, string>> = {
  ports: 'published',
  volumes: 'target',
  secrets: 'source',
  configs: 'source',
};

/** Records in which an empty text is as good as any. */
const texts: ReadonlySet<string> = new Set(['labels', 'deploy.labels', 'sysctls', 'ulimits']);

/** Words that are replaced as a whole. */
const replaced: ReadonlySet<string> = new Set(['command', 'entrypoint']);

/** Counts for which zero is a wish. */
const zeroCounts: ReadonlySet<string> = new Set([
  'deploy.replicas',
  'deploy.update_config.parallelism',
  'deploy.rollback_config.parallelism',
  'deploy.restart_policy.max_attempts',
  'healthcheck.retries',
]);

function mergeProperties(base: Properties, over: Properties, path: string): Properties {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const place = path === '' ? key : `${path}.${key}`;
    merged[key] = key in base ? mergeValue(base[key], value, place) : value;
  }
  return merged;
}

function mergeValue(base: unknown, over: unknown, path: string): unknown {
  if (path === 'logging' && isRecord(base) && isRecord(over)) return mergeLogging(base, over);
  if (texts.has(path) && isRecord(base) && isRecord(over)) return { ...base, ...over };
  if (/^networks\.[^.]+$/.test(path) && isRecord(base) && isRecord(over))
    return { ...base, aliases: over.aliases };
  if (isRecord(base) && isRecord(over)) return mergeProperties(base, over, path);
  if (Array.isArray(base) && Array.isArray(over)) {
    if (replaced.has(path)) return over.length === 0 ? base : over;
    const key = keyed[path];
    return key === undefined ? [...base, ...over] : byKey([...base, ...over], key);
  }
  return isEmpty(over) && !zeroCounts.has(path) ? base : over;
}

function byKey(items: readonly unknown[], key: string): readonly unknown[] {
  return [...new Map(items.map((item) => [(item as Properties)[key] ?? '', item])).values()];
}

/** Options of the same driver come together; another driver brings its own. */
function mergeLogging(base: Properties, over: Properties): Properties {
  const isOther = base.driver && over.driver && base.driver !== over.driver;
  if (isOther) return over;
  return {
    ...(base.driver || over.driver ? { driver: base.driver || over.driver } : {}),
    options: { ...(base.options as object), ...(over.options as object) },
  };
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return isRecord(value) && Object.keys(value).length === 0;
}
