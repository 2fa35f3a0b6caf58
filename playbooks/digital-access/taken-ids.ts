import type { Host } from 'dabook';
import { fileState, xmlValues } from 'dabook/tasks';
import type { Site } from './site.ts';
import { onHost } from './site.ts';

/** The ids of the manager's own services, by their names, as their local configurations have them. */
export async function takenIds(
  manager: Host,
  { services, installation }: Pick<Site, 'services' | 'installation'>,
): Promise<Readonly<Record<string, number>>> {
  const { config_root, local_configuration } = installation;
  const own = onHost(services, manager).filter(({ kind }) => kind !== 'database');
  const ids = await Promise.all(
    own.map(async ({ name, folder }) => {
      const path = `${config_root}/${folder}/${local_configuration.file}`;
      if ((await manager.read(fileState(path))).type !== 'file') return [];
      const { core = [] } = await manager.read(xmlValues(path, { core: local_configuration.core_id }));
      return core.length === 1 && /^\d+$/.test(core[0] ?? '') ? [[name, Number(core[0])] as const] : [];
    }),
  );
  return Object.fromEntries(ids.flat());
}
