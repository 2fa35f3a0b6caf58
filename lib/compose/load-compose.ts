import { posix } from 'node:path';
import { isRecord } from '../equal.ts';
import { messageOf } from '../errors.ts';
import { refuse } from '../refuse.ts';
import type { ComposeConfig } from './compose-config.ts';
import type { ComposeSource } from './compose-source.ts';
import { refuseFound } from './finding.ts';
import { interpolate, variablesIn } from './interpolate.ts';
import { longDefinition, longService } from './long-form.ts';
import { mergeSections, type Sections } from './merge.ts';
import { type ParsedFile, type Path, parseFile } from './parse-file.ts';
import { unknownProperties } from './unknown-properties.ts';
import { newestVersion, versionFaults } from './version-faults.ts';

export interface LoadOptions {
  /** The absolute folder that the files are named from. */
  readonly dir: string;
  /** Values of the variables in the files; none by default. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Merges compose files without docker's help, for hosts whose docker has no `stack config` (before 25.0).
 * @throws DabookError `refused`, with file and line, for a fault in a file
 * @example loadCompose([{ file: 'docker-compose.yml', text }], { dir: '/opt/app' })
 */
export function loadCompose(
  sources: readonly ComposeSource[],
  { dir, variables = {} }: LoadOptions,
): ComposeConfig {
  const files = sources.map(parseFile);
  const [fault] = [...versionFaults(files), ...files.flatMap(unknownProperties)];
  if (fault !== undefined) throw refuseFound(fault);
  // Relative paths are those of the first file's folder, whatever the others' folders are.
  const home = posix.resolve(dir, posix.dirname(files[0]?.file ?? ''));
  const [first, ...others] = files.map((file) => sections(file, home, variables));
  if (first === undefined) throw refuse('no compose file is named', 'name at least one in files');
  const version = String(files[0]?.data.version ?? newestVersion);
  return { version, ...others.reduce(mergeSections, first) } as unknown as ComposeConfig;
}

/** The names of all variables that the files use. */
export function variablesOf(sources: readonly ComposeSource[]): readonly string[] {
  const names = (value: unknown): readonly string[] => {
    if (typeof value === 'string') return variablesIn(value);
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(names) : [];
  };
  return [...new Set(sources.flatMap((source) => names(parseFile(source).data)))].sort();
}

function sections(file: ParsedFile, home: string, variables: Readonly<Record<string, string>>): Sections {
  const data = withVariables(file.data, [], file, variables);
  const section = (name: string, form: (key: string, value: unknown) => unknown) => {
    const value = (data as Readonly<Record<string, unknown>>)[name] ?? {};
    if (!isRecord(value)) throw refuse(`${file.at([name])}: ${name} must be a mapping`);
    const entries = Object.entries(value).map(([key, item]) => {
      try {
        return [key, form(key, item)] as const;
      } catch (error) {
        throw refuse(`${file.at([name, key])}: ${name}.${key}: ${messageOf(error)}`);
      }
    });
    return Object.fromEntries(entries);
  };
  const define = (key: string, value: unknown) => longDefinition(key, value, home);
  return {
    services: section('services', (_, service) => {
      if (!isRecord(service)) throw new Error('a service must be a mapping');
      if (service.env_file !== undefined)
        throw new Error('env_file cannot be read here: docker 25 or later is needed for it');
      return longService(service, home);
    }),
    networks: section('networks', define),
    volumes: section('volumes', define),
    secrets: section('secrets', define),
    configs: section('configs', define),
  };
}

function withVariables(
  value: unknown,
  path: Path,
  file: ParsedFile,
  variables: Readonly<Record<string, string>>,
): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => withVariables(item, [...path, index], file, variables));
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      withVariables(item, [...path, key], file, variables),
    ]);
    return Object.fromEntries(entries);
  }
  if (typeof value !== 'string' || !value.includes('$')) return value;
  try {
    return cast(
      interpolate(value, (name) => variables[name]),
      path,
    );
  } catch (error) {
    throw refuse(`${file.at(path)}: ${path.join('.')}: ${messageOf(error)}`);
  }
}

const numbers =
  /\.(mode|retries|replicas|parallelism|max_failure_ratio|max_attempts|max_replicas_per_node|target|published|nofile|nproc|hard|soft|oom_score_adj)$/;
const switches = /\.(disable|privileged|read_only|stdin_open|tty|nocopy|external|internal|attachable)$/;

/** What came out of a variable is a text; some properties are none. */
function cast(text: string, path: Path): unknown {
  const place = path.join('.');
  const isModeOfFile = /\.(secrets|configs)\.\d+\.mode$/.test(place);
  if (
    numbers.test(place) &&
    (!place.endsWith('.mode') || isModeOfFile) &&
    text !== '' &&
    !Number.isNaN(Number(text))
  )
    return Number(text);
  if (switches.test(place)) return /^(y|yes|true|on)$/i.test(text);
  return text;
}
