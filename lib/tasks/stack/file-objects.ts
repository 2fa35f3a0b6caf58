import type { ComposeConfig } from '../../compose/compose-config.ts';
import { fileName } from '../../compose/convert-file-reference.ts';
import type { ServiceSpec } from '../../compose/service-spec.ts';
import type { Ask } from '../../fact.ts';
import { sh } from '../../sh.ts';
import { sha256Of } from '../../sha256.ts';
import type { EngineFile } from './engine-objects.ts';

/** Secrets and configs that a stack's services refer to, as the swarm has them. */
export interface FileObjects {
  /** Names to ids; a name is missing when the swarm has no such thing yet. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly configs: Readonly<Record<string, string>>;
  /** SHA-256 of the data of configs that exist, by name. */
  readonly configData: Readonly<Record<string, string>>;
  /** SHA-256 of files that exist on the host, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Asks for what the compose files name below `secrets:` and `configs:`; for nothing where they name none.
 * @param isAsked false where there is no swarm yet that could be asked: it holds none of them
 */
export async function readFileObjects(
  ask: Ask,
  stack: string,
  config: ComposeConfig,
  dir: string | undefined,
  isAsked: boolean,
): Promise<FileObjects> {
  const names = (section: 'secrets' | 'configs') =>
    Object.entries(config[section]).map(([key, definition]) => fileName(key, definition, stack));
  const named = async (section: 'secrets' | 'configs') => {
    const wanted = names(section);
    if (wanted.length === 0 || !isAsked) return [];
    const filters = encodeURIComponent(JSON.stringify({ name: wanted }));
    const answers = (await ask.docker<readonly EngineFile[]>(`/${section}?filters=${filters}`)) ?? [];
    // The Engine's filter takes the beginning of a name for the name.
    return answers.filter(({ Spec }) => wanted.includes(Spec.Name));
  };
  const paths = [...Object.values(config.secrets), ...Object.values(config.configs)].flatMap(
    ({ file, external }) => (file === undefined || external ? [] : [file]),
  );
  const [secrets, configs, files] = await Promise.all([
    named('secrets'),
    named('configs'),
    checksums(ask, paths, dir),
  ]);
  return {
    secrets: Object.fromEntries(secrets.map(({ ID, Spec }) => [Spec.Name, ID])),
    configs: Object.fromEntries(configs.map(({ ID, Spec }) => [Spec.Name, ID])),
    configData: Object.fromEntries(
      configs.map(({ Spec }) => [Spec.Name, sha256Of(Buffer.from(Spec.Data ?? '', 'base64'))]),
    ),
    files,
  };
}

/** A spec with the ids of its secrets and configs, as a deploy sends it. */
export function withFileIds(spec: ServiceSpec, { secrets, configs }: FileObjects): ServiceSpec {
  const container = spec.TaskTemplate.ContainerSpec;
  if (container === undefined) return spec;
  const ContainerSpec = {
    ...container,
    Secrets: (container.Secrets ?? []).map((reference) => ({
      ...reference,
      SecretID: secrets[reference.SecretName],
    })),
    Configs: (container.Configs ?? []).map((reference) => ({
      ...reference,
      ConfigID: configs[reference.ConfigName],
    })),
  };
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec } };
}

/** What is left of them when a removal of the stack is thought done: those that are external stay. */
export function withoutRemoved(
  found: FileObjects,
  stack: string,
  config: ComposeConfig,
  left: { readonly secrets: readonly EngineFile[]; readonly configs: readonly EngineFile[] },
): FileObjects {
  const gone = (section: 'secrets' | 'configs') => {
    const own = Object.entries(config[section]).filter(([, { external }]) => !external);
    const names = own.map(([key, definition]) => fileName(key, definition, stack));
    return new Set(names.filter((name) => !left[section].some(({ Spec }) => Spec.Name === name)));
  };
  const [secrets, configs] = [gone('secrets'), gone('configs')];
  const without = (record: Readonly<Record<string, string>>, names: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name)));
  return {
    ...found,
    secrets: without(found.secrets, secrets),
    configs: without(found.configs, configs),
    configData: without(found.configData, configs),
  };
}

async function checksums(
  ask: Ask,
  paths: readonly string[],
  dir: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (paths.length === 0) return {};
  const enter = dir === undefined ? sh`` : sh`cd ${dir} && `;
  // From stdin, so that no path is escaped in the answer; one line for each path, empty where it cannot be read.
  const { stdout } = await ask.sh(
    sh`(${enter}for file in ${paths}; do sha256sum <"$file" || echo; done 2>/dev/null)`,
  );
  const sums = stdout.split('\n').map((line) => line.split(' ')[0] ?? '');
  return Object.fromEntries(paths.flatMap((path, index) => (sums[index] ? [[path, sums[index]]] : [])));
}
