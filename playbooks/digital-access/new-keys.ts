import type { Host } from 'dabook';
import { type Keys, keysFor } from './copy-service-keys.ts';
import { folderDigests } from './folder-digests.ts';
import type { Installation } from './installation.ts';
import type { Service } from './service.ts';

/**
 * Names of those services of a node that are about to get a key, or one with another content: they read their keys
 * when they start. Another mode or owner is no reason to stop them. Only looks.
 */
export async function servicesWithNewKeys(
  worker: Host,
  services: readonly Service[],
  keys: Keys,
  { config_root }: Installation,
): Promise<readonly string[]> {
  const isNew = await Promise.all(
    services.map(async (service) => {
      const there = await worker.read(folderDigests(`${config_root}/${service.folder}/keys`));
      return keysFor(service, keys).some(({ name, sha256 }) => there[name] !== sha256);
    }),
  );
  return services.filter((_, index) => isNew[index]).map(({ name }) => name);
}
