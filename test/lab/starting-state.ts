import { composeFiles } from './compose-files.ts';
import type { KeyContents } from './lab-record.ts';
import { localConfiguration } from './local-configuration.ts';
import { installed, placement, serviceOf } from './placement.ts';
import type { SeedFile } from './seed-file.ts';

/** Where the product lives on a host. */
const COMPOSE_FOLDER = '/opt/nexus/docker-compose';
const CONFIG_FOLDER = '/opt/nexus/config';
/** The product's user, inside its containers and as the owner of its files. */
const OWNER = 1003;

/**
 * The product's files on a host before high availability is set up. A worker has the files of its own
 * installation. The manager's already hold the blocks of every host's services, as its operator has edited
 * them for what is to come; those that its running stack was deployed from lie in `single-node/`.
 * @param index 0 for the manager
 * @param hosts how many hosts there will be
 */
export function startingFiles(index: number, hosts: number, keys: KeyContents): SeedFile[] {
  const all = placement(hosts);
  const own = installed(all[index] ?? []);
  return [
    ...(index === 0 ? folderOf(COMPOSE_FOLDER, all.flat()) : []),
    ...folderOf(stackFolder(index), own),
    ...own.flatMap((name, place) => configuration(name, place + 1, keys)),
  ];
}

/** Where the files lie that a host's stack was deployed from. */
export function stackFolder(index: number): string {
  return index === 0 ? `${COMPOSE_FOLDER}/single-node` : COMPOSE_FOLDER;
}

function folderOf(folder: string, services: readonly string[]): SeedFile[] {
  return Object.entries(composeFiles(services)).map(([name, text]) => ({ path: `${folder}/${name}`, text }));
}

function configuration(name: string, id: number, keys: KeyContents): SeedFile[] {
  const service = serviceOf(name);
  const folder = `${CONFIG_FOLDER}/${service.folder}`;
  const top: SeedFile = { path: `${folder}/`, mode: 0o750, owner: OWNER };
  if (service.base === 'postgres') return [top];
  const key = (kind: 'internal' | 'shared') => ({
    path: `${folder}/keys/${kind}.key`,
    text: keys[kind],
    mode: 0o600,
    owner: OWNER,
  });
  return [
    top,
    {
      path: `${folder}/LocalConfiguration.xml`,
      text: localConfiguration(service, id),
      mode: 0o640,
      owner: OWNER,
    },
    { path: `${folder}/keys/`, mode: 0o700, owner: OWNER },
    // The internal key is not for access points, which stand in front of the firewall.
    ...(service.base === 'access-point' ? [] : [key('internal')]),
    key('shared'),
  ];
}
