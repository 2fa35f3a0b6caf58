import type { Host, Task } from 'dabook';
import { type ComposeConfig, type GateState, type KeyFolder, ownedTree } from 'dabook/tasks';
import { type AddedService, internalOf } from './admin-form.ts';
import { copyServiceKeys, type Keys } from './copy-service-keys.ts';
import { idOf } from './ids.ts';
import type { Installation } from './installation.ts';
import { localConfiguration } from './local-configuration.ts';
import { productOwner } from './owner.ts';
import type { Service } from './service.ts';

/** What makes an added service one of the installation, on the node that carries it. */
export interface ServiceSetup {
  readonly service: AddedService;
  /** Its id and its host, in its local configuration. */
  readonly configuration: Task<unknown>;
  readonly keys: Task<KeyFolder>;
  /** Whom its folder belongs to; for versions whose services run as a user of their own. */
  readonly owned: readonly Task<unknown>[];
}

export interface SetupInput {
  readonly installation: Installation;
  readonly administration: Service;
  readonly addresses: Readonly<Record<string, string>>;
  readonly config: ComposeConfig;
  readonly keys: Keys;
  readonly answers: GateState['answers'];
}

/**
 * The tasks that set up the added services of a node. Only reads.
 * @throws DabookError `refused` where a folder, a file or the service's own object in it is missing
 */
export function setupsOf(
  host: Host,
  services: readonly AddedService[],
  { installation, administration, addresses, config, keys, answers }: SetupInput,
): Promise<readonly ServiceSetup[]> {
  const owner = productOwner(installation);
  return Promise.all(
    services.map(async (service) => {
      const identity = {
        id: idOf(service, answers),
        host: internalOf(service, addresses, config).host,
        administration: administration.name,
      };
      const [configuration, copy] = await Promise.all([
        localConfiguration(host, service, identity, installation),
        copyServiceKeys(host, service, keys, installation),
      ]);
      const dir = `${installation.config_root}/${service.folder}`;
      const owned = owner === undefined ? [] : [ownedTree({ dir, owner: owner.uid, group: owner.gid })];
      return { service, configuration, keys: copy, owned };
    }),
  );
}
