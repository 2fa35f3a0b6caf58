import { isRecord } from '../equal.ts';
import { shellWords } from '../shell-words.ts';
import { byteSize } from './byte-size.ts';
import { parseDuration, showDuration } from './duration.ts';
import { absoluteSource, mountWords } from './mount-words.ts';
import { portWords } from './port-words.ts';

/** Turns a value of a compose file into its long form. Throws for a value that does not fit. */
type Form = (value: unknown) => unknown;

/** @param dir the folder of the first compose file, for relative paths */
export function longService(
  service: Readonly<Record<string, unknown>>,
  dir: string,
): Record<string, unknown> {
  return formed(service, {
    command: shellList,
    entrypoint: shellList,
    configs: references,
    secrets: references,
    dns: list,
    dns_search: list,
    env_file: list,
    tmpfs: list,
    environment: (value) => pairs(value, null),
    labels: words,
    sysctls: words,
    extra_hosts: hosts,
    networks: attachments,
    ports: (value) => list(value).flatMap((port) => (isRecord(port) ? [port] : portWords(String(port)))),
    volumes: (value) => list(value).map((mount) => longMount(mount, dir)),
    stop_grace_period: duration,
    ulimits: (value) => value,
    logging: (value) => formed(record(value), { options: words }),
    healthcheck: (value) =>
      formed(record(value), {
        test: (test) => (typeof test === 'string' ? ['CMD-SHELL', test] : list(test)),
        interval: duration,
        timeout: duration,
        start_period: duration,
        start_interval: duration,
      }),
    deploy: longDeploy,
  });
}

function longDeploy(value: unknown): unknown {
  const amounts = { memory: (memory: unknown) => String(byteSize(String(memory))) };
  const update = { delay: duration, monitor: duration };
  return formed(record(value ?? {}), {
    labels: words,
    update_config: (config) => formed(record(config), update),
    rollback_config: (config) => formed(record(config), update),
    resources: (resources) =>
      formed(record(resources), {
        limits: (limits) => formed(record(limits), amounts),
        reservations: (reservations) => formed(record(reservations), amounts),
      }),
    restart_policy: (policy) => formed(record(policy), { delay: duration, window: duration }),
    placement: (placement) => formed(record(placement), { constraints: list, preferences: list }),
  });
}

/** The long form of something below `networks:`, `volumes:`, `secrets:` or `configs:`. */
export function longDefinition(name: string, value: unknown, dir: string): Record<string, unknown> {
  const { external, ...own } = formed(record(value ?? {}), {
    labels: words,
    driver_opts: words,
    file: (path) => absoluteSource(String(path), dir),
  });
  if (external === undefined || external === false) return own;
  const named = isRecord(external) ? external.name : undefined;
  return { ...own, name: own.name ?? named ?? name, external: true };
}

function formed(
  value: Readonly<Record<string, unknown>>,
  forms: Readonly<Record<string, Form>>,
): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, forms[key]?.(item) ?? item]));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new Error(`expected properties here, not ${JSON.stringify(value)}`);
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [value];
  throw new Error(`expected a list here, not ${JSON.stringify(value)}`);
}

function shellList(value: unknown): readonly unknown[] {
  return typeof value === 'string' ? shellWords(value) : list(value);
}

/** `KEY=value` words or a mapping, as a mapping. @param alone the value of a key that has none */
function pairs(value: unknown, alone: string | null): Record<string, string | null> {
  const text = (item: unknown) => {
    if (item === null || item === undefined) return alone;
    if (typeof item === 'string' || typeof item === 'number') return String(item);
    throw new Error(`${JSON.stringify(item)} must be a text here: write it in quotes`);
  };
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item)]));
  return Object.fromEntries(
    list(value).map((entry) => {
      const [key = '', ...rest] = String(entry).split('=');
      return [key, rest.length === 0 ? alone : rest.join('=')];
    }),
  );
}

function words(value: unknown): Record<string, string | null> {
  return pairs(value, '');
}

/** `host:address`, whether it was written with `=`, `:` or as a mapping; brackets of IPv6 addresses go. */
function hosts(value: unknown): readonly string[] {
  const entries = isRecord(value)
    ? Object.entries(value)
        .map(([host, address]) => `${host}:${address}`)
        .sort()
    : list(value).map((entry) => String(entry).replace(/^([^=]*)=/, '$1:'));
  return entries.map((entry) => entry.replace(/:\[(.+)\]$/, ':$1'));
}

function attachments(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return { ...value };
  return Object.fromEntries(list(value).map((name) => [String(name), null]));
}

function references(value: unknown): readonly unknown[] {
  return list(value).map((entry) => (typeof entry === 'string' ? { source: entry } : record(entry)));
}

function longMount(value: unknown, dir: string): unknown {
  const mount = typeof value === 'string' ? mountWords(value) : record(value);
  if (mount.type !== 'bind') return mount;
  if (typeof mount.source !== 'string' || mount.source === '') throw new Error('a bind mount needs a source');
  return { ...mount, source: absoluteSource(mount.source, dir) };
}

function duration(value: unknown): string {
  return showDuration(parseDuration(String(value)));
}
