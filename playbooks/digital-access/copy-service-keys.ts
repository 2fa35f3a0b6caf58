import type { Task } from 'dabook';
import { copyKeys, type KeySource } from 'dabook/tasks';
import type { Installation } from './installation.ts';
import type { Service } from './service.ts';

/** The manager's keys, by what they are for. */
export interface Keys {
  readonly internal: KeySource;
  readonly shared: KeySource;
}

/**
 * The tasks that give a worker's services their keys: the shared one for access points, which stand in
 * front of the firewall; the internal one too for all others. A database has none.
 */
export function copyServiceKeys(
  services: readonly Service[],
  keys: Keys,
  { config_root, owner }: Installation,
): readonly Task<unknown>[] {
  return services
    .filter(({ kind }) => kind !== 'postgres')
    .map(({ kind, folder }) => {
      const files =
        kind === 'access-point' ? keys.shared.files : [...keys.internal.files, ...keys.shared.files];
      return copyKeys({
        from: { ...keys.shared, files },
        dir: `${config_root}/${folder}/keys`,
        owner: owner.uid,
        group: owner.gid,
      });
    });
}
