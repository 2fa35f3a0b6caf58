import type { Host, Task } from 'dabook';
import { type GateState, type KeyFolder, ownedTree } from 'dabook/tasks';
import { type AddedService, internalHostOf } from './admin-form.ts';
import { copyServiceKeys, type Keys } from './copy-service-keys.ts';
import { idOf } from './ids.ts';
import { type FoundConfiguration, findConfiguration, localConfiguration } from './local-configuration.ts';
import { ownerOf, productOwner } from './owner.ts';
import type { Site } from './site.ts';

/** What makes an added service one of the installation, on the node that carries it. */
export interface ServiceSetup {
  readonly service: AddedService;
  /** Its id and its host, in its local configuration. */
  readonly configuration: Task<unknown>;
  readonly keys: Task<KeyFolder>;
  /** Whom its folder belongs to; for versions whose services run as a user of their own. */
  readonly owned: readonly Task<unknown>[];
}

/** The files of an added service as they are. */
export interface ServiceFiles {
  readonly service: AddedService;
  readonly configuration: FoundConfiguration;
  /** Whom its keys shall belong to. */
  readonly owner: Awaited<ReturnType<typeof ownerOf>>;
}

/**
 * Reads the files of the added services of a node: one round trip.
 * @throws DabookError `refused` where a local configuration is missing
 */
export function findFiles(
  host: Host,
  services: readonly AddedService[],
  { installation }: Pick<Site, 'installation'>,
): Promise<readonly ServiceFiles[]> {
  return Promise.all(
    services.map(async (service) => {
      const [configuration, owner] = await Promise.all([
        findConfiguration(host, service, installation),
        ownerOf(host, `${installation.config_root}/${service.folder}/keys`, installation),
      ]);
      return { service, configuration, owner };
    }),
  );
}

/** All tasks of a setup, in order. */
export function tasksOf({ configuration, owned, keys }: ServiceSetup): readonly Task<unknown>[] {
  return [configuration, ...owned, keys];
}

/**
 * The tasks that set up added services.
 * @throws DabookError `refused` where the service's own object in its local configuration cannot be told
 */
export function setupsOf(
  found: readonly ServiceFiles[],
  { installation, administration, addresses }: Site,
  { keys, answers }: { readonly keys: Keys; readonly answers: GateState['answers'] },
): readonly ServiceSetup[] {
  const account = productOwner(installation);
  return found.map(({ service, configuration, owner }) => {
    const identity = {
      id: idOf(service, answers),
      host: internalHostOf(service, addresses),
      administration: administration.name,
    };
    const dir = `${installation.config_root}/${service.folder}`;
    return {
      service,
      configuration: localConfiguration(configuration, service, identity, installation),
      keys: copyServiceKeys(service, keys, { dir: `${dir}/keys`, owner }),
      owned: account === undefined ? [] : [ownedTree({ dir, owner: account.uid, group: account.gid })],
    };
  });
}
