import type { Host, Task } from 'dabook';
import { copyKeys, fileAbsent, fileState, type KeyFolder, type KeySource, keyFiles } from 'dabook/tasks';
import type { Installation } from './installation.ts';
import { ownerOf } from './owner.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

/** The manager's keys, by what they are for. */
export interface Keys {
  readonly internal: KeySource;
  readonly shared: KeySource;
}

/** Finds the keys of the manager's administration service. */
export async function findKeys(manager: Host, { administration, installation }: Site): Promise<Keys> {
  const { config_root, key_files } = installation;
  const dir = `${config_root}/${administration.folder}/keys`;
  const [internal, shared] = await Promise.all([
    manager.read(keyFiles({ dir, match: key_files.internal })),
    manager.read(keyFiles({ dir, match: key_files.shared })),
  ]);
  return { internal, shared };
}

/**
 * The task that gives a worker's service its keys: the shared one for access points, which stand in front
 * of the firewall; the internal one too for all others. A database has none.
 */
export async function copyServiceKeys(
  host: Host,
  { folder, kind }: Service,
  keys: Keys,
  installation: Installation,
): Promise<Task<KeyFolder>> {
  const files = kind === 'access-point' ? keys.shared.files : [...keys.internal.files, ...keys.shared.files];
  const dir = `${installation.config_root}/${folder}/keys`;
  const { owner, group } = await ownerOf(host, dir, installation);
  return copyKeys({ from: { ...keys.shared, files }, dir, owner, group });
}

/** The paths of internal keys that lie on access points, where they must not. */
export async function strayKeys(
  host: Host,
  services: readonly Service[],
  { internal }: Keys,
  { config_root }: Installation,
): Promise<readonly string[]> {
  const folders = services.filter(({ kind }) => kind === 'access-point').map(({ folder }) => folder);
  const paths = folders.flatMap((folder) =>
    internal.files.map(({ name }) => `${config_root}/${folder}/keys/${name}`),
  );
  const states = await Promise.all(paths.map((path) => host.read(fileState(path))));
  return paths.filter((_, index) => states[index]?.type !== 'missing');
}

/** Removes internal keys that lie on access points. */
export async function removeStrayKeys(
  host: Host,
  services: readonly Service[],
  keys: Keys,
  installation: Installation,
): Promise<void> {
  const paths = await strayKeys(host, services, keys, installation);
  await host.run(paths.map((path) => fileAbsent({ path })));
}
