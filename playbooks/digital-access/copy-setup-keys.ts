import type { Host } from 'dabook';
import type { ServiceSetup } from './service-setup.ts';

/**
 * Copies the keys of a worker's services.
 * @returns names of the services whose keys have another content now: they read them when they start
 */
export async function copySetupKeys(
  worker: Host,
  setups: readonly ServiceSetup[],
): Promise<readonly string[]> {
  const before = await Promise.all(setups.map(({ keys }) => worker.read(keys.fact)));
  const after = await worker.run(setups.map(({ keys }) => keys));
  const isNew = (index: number) =>
    Object.entries(after[index]?.state ?? {}).some(
      ([name, { fingerprint }]) => before[index]?.[name]?.fingerprint !== fingerprint,
    );
  return setups.filter((_, index) => isNew(index)).map(({ service }) => service.name);
}
