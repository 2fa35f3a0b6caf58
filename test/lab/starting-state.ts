import { composeFiles } from './compose-files.ts';
import type { KeyContents } from './lab-record.ts';
import { localConfiguration } from './local-configuration.ts';
import { installed, serviceOf } from './placement.ts';
import type { SeedFile } from './seed-file.ts';

/** Where the product's compose files lie on a host. */
export const COMPOSE_FOLDER = '/opt/nexus/docker-compose';
const CONFIG_FOLDER = '/opt/nexus/config';

export interface StartingStateInput {
  /** 0 for the manager. */
  readonly index: number;
  /** What each host will carry once high availability is set up. */
  readonly carried: readonly (readonly string[])[];
  readonly keys: KeyContents;
  /** Tag of the images. */
  readonly tag: string;
  /** uid and gid of the product's files: the user that its containers run as. */
  readonly uid: number;
}

/**
 * The product's files on a host before high availability is set up: those of an installation of its own, which
 * knows nothing of the other hosts.
 */
export function startingFiles({ index, carried, keys, tag, uid }: StartingStateInput): SeedFile[] {
  const services = installed(carried[index] ?? []);
  const files = composeFiles({ services, index, tag, policies: policiesAskedBy(index, carried) });
  return [
    ...Object.entries(files).map(([name, text]) => ({ path: `${COMPOSE_FOLDER}/${name}`, text })),
    ...services.flatMap((name, place) => configuration(name, place + 1, index, keys, uid)),
  ];
}

/**
 * The product's access points are told by the administration service which policy services there are; the stand-ins
 * know them from the start. Those of other workers come first, so that losing one is noticed.
 */
function policiesAskedBy(index: number, carried: readonly (readonly string[])[]): readonly string[] {
  const distance = (host: number) => (host === index ? 2 : host === 0 ? 1 : 0);
  return carried
    .flatMap((names, host) => names.map((name) => ({ name, host })))
    .filter(({ name }) => serviceOf(name).base === 'policy')
    .sort((a, b) => distance(a.host) - distance(b.host))
    .map(({ name }) => name);
}

function configuration(
  name: string,
  id: number,
  index: number,
  keys: KeyContents,
  owner: number,
): SeedFile[] {
  const service = serviceOf(name);
  const folder = `${CONFIG_FOLDER}/${service.folder}`;
  const top: SeedFile = { path: `${folder}/`, mode: 0o750, owner };
  if (service.base === 'postgres') return [top];
  const key = (kind: 'internal' | 'shared') => ({
    path: `${folder}/keys/${kind}.key`,
    text: keys[kind],
    mode: 0o600,
    owner,
  });
  return [
    top,
    {
      path: `${folder}/LocalConfiguration.xml`,
      text: localConfiguration(service, id, index),
      mode: 0o640,
      owner,
    },
    { path: `${folder}/keys/`, mode: 0o700, owner },
    // The internal key is not for access points, which stand in front of the firewall.
    ...(service.base === 'access-point' ? [] : [key('internal')]),
    key('shared'),
  ];
}
