import { type Host, isKnown, refuse, type Task } from 'dabook';
import {
  copyKeys,
  fileAbsent,
  fileState,
  type KeyFile,
  type KeyFolder,
  type KeySource,
  keyFiles,
} from 'dabook/tasks';
import { folderDigests } from './folder-digests.ts';
import type { Installation } from './installation.ts';
import type { ownerOf } from './owner.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

/** The manager's keys, by what they are for. */
export interface Keys {
  readonly internal: KeySource;
  readonly shared: KeySource;
}

/**
 * Finds the keys of the manager's administration service.
 * @throws DabookError `refused` where one is missing, or they cannot be told apart
 */
export async function findKeys(manager: Host, { administration, installation }: Site): Promise<Keys> {
  const { config_root, key_files } = installation;
  const dir = `${config_root}/${administration.folder}/keys`;
  const [internal, shared] = await Promise.all([
    manager.read(keyFiles({ dir, match: key_files.internal })),
    manager.read(keyFiles({ dir, match: key_files.shared })),
  ]);
  if (!isKnown(internal) || !isKnown(shared))
    throw refuse(
      `what the keys in ${dir} are is known after an apply alone`,
      'find them before they are written',
    );
  const twin = shared.files.find(({ sha256 }) => internal.files.some((key) => key.sha256 === sha256));
  if (twin !== undefined) {
    throw refuse(
      `the shared key ${twin.path} on ${manager.name} holds what the internal key ${internal.files[0]?.path} does, and access points must not have that`,
      'say which file is which in the inventory: key_files: { internal: …, shared: … }',
    );
  }
  return { internal, shared };
}

/**
 * The keys that a service is to have: the shared one for access points, which stand in front of the firewall; the
 * internal one too for all others.
 */
export function keysFor({ kind }: Pick<Service, 'kind'>, { internal, shared }: Keys): readonly KeyFile[] {
  return kind === 'access-point' ? shared.files : [...internal.files, ...shared.files];
}

/** The task that gives a worker's service its keys, in its own folder. A database has none. */
export function copyServiceKeys(
  service: Pick<Service, 'kind'>,
  keys: Keys,
  { dir, owner }: { readonly dir: string; readonly owner: Awaited<ReturnType<typeof ownerOf>> },
): Task<KeyFolder> {
  return copyKeys({ from: { ...keys.shared, files: keysFor(service, keys) }, dir, ...owner });
}

/**
 * The paths of internal keys that lie on access points, where they must not: by name, and copies by any name.
 * @param services those of the host, of whatever kind
 */
export async function strayKeys(
  host: Host,
  services: readonly Service[],
  { internal }: Keys,
  installation: Installation,
): Promise<readonly string[]> {
  const found = await Promise.all(
    keyFolders(services, installation).map(async (dir) => {
      const named = internal.files.map(({ name }) => `${dir}/${name}`);
      const [digests, ...states] = await Promise.all([
        host.read(folderDigests(dir)),
        ...named.map((path) => host.read(fileState(path))),
      ]);
      const copies = Object.entries(digests)
        .filter(([, sha256]) => internal.files.some((key) => key.sha256 === sha256))
        .map(([name]) => `${dir}/${name}`);
      return [...named.filter((_, index) => states[index]?.type !== 'missing'), ...copies];
    }),
  );
  return [...new Set(found.flat())];
}

/**
 * Removes internal keys that lie on access points.
 * @throws DabookError `refused` where an access point's folder of keys is a link: to those of another service
 */
export async function removeStrayKeys(
  host: Host,
  services: readonly Service[],
  keys: Keys,
  installation: Installation,
): Promise<void> {
  const paths = await strayKeys(host, services, keys, installation);
  if (paths.length === 0) return;
  for (const dir of keyFolders(services, installation)) {
    const { type } = await host.read(fileState(dir));
    if (type !== 'symlink') continue;
    throw refuse(
      `${dir} is a symbolic link: an internal key that is removed there is lost to whomever the folder belongs to`,
      'give the access point a folder of its own for its keys',
    );
  }
  await host.run(paths.map((path) => fileAbsent({ path })));
}

function keyFolders(services: readonly Service[], { config_root }: Installation): readonly string[] {
  const accessPoints = services.filter(({ kind }) => kind === 'access-point');
  return accessPoints.map(({ folder }) => `${config_root}/${folder}/keys`);
}
