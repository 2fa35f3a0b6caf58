import { type Host, isKnown } from 'dabook';
import { plainText, textFile, xmlMatches } from 'dabook/tasks';
import type { Site } from './site.ts';
import { onHost } from './site.ts';

/** The ids of the manager's own services, by their names, as their local configurations have them. Only reads. */
export async function takenIds(
  manager: Host,
  { services, installation }: Pick<Site, 'services' | 'installation'>,
): Promise<Readonly<Record<string, number>>> {
  const { config_root, local_configuration } = installation;
  const own = onHost(services, manager).filter(({ kind }) => kind !== 'database');
  const ids = await Promise.all(
    own.map(async ({ name, folder }) => {
      const path = `${config_root}/${folder}/${local_configuration.file}`;
      const file = await manager.read(textFile(path));
      const text = isKnown(file) ? plainText(file) : undefined;
      if (text === undefined) return [];
      const [core, ...more] = xmlMatches(text, local_configuration.core_id, path);
      const isId = core !== undefined && more.length === 0 && /^\d+$/.test(core.value);
      return isId ? [[name, Number(core.value)] as const] : [];
    }),
  );
  return Object.fromEntries(ids.flat());
}
