import { type Host, isKnown, type Later, refuse, type Task } from 'dabook';
import { plainText, textFile, xmlFile, xmlMatches, xmlValues } from 'dabook/tasks';
import type { Installation } from './installation.ts';
import type { Service } from './service.ts';

/** What a service's local configuration shall say of it. */
export interface Identity {
  readonly id: Later<number> | undefined;
  /** Under which the other services reach it. */
  readonly host: string;
  /** Where it reaches the administration service. */
  readonly administration: string;
}

/** A service's local configuration as it is. */
export interface FoundConfiguration {
  readonly path: string;
  readonly text: string;
  /** All that stands where its id should. */
  readonly ids: readonly string[];
}

/**
 * Reads a service's local configuration: one round trip.
 * @throws DabookError `refused` where it is missing, or no XML
 */
export async function findConfiguration(
  host: Host,
  { folder }: Pick<Service, 'folder'>,
  { config_root, local_configuration: { file, core_id } }: Installation,
): Promise<FoundConfiguration> {
  const path = `${config_root}/${folder}/${file}`;
  const [{ ids = [] }, found] = await Promise.all([
    host.read(xmlValues(path, { ids: core_id })),
    host.read(textFile(path)),
  ]);
  return { path, ids, text: (isKnown(found) ? plainText(found) : undefined) ?? '' };
}

/**
 * The task that makes a service's local configuration say who it is: its id, in the core and in its own
 * object, and the host that others reach it by. The own object is found by the id that the file has now.
 * @throws DabookError `refused` where the file has no such object, or several, and where another one has the id that
 * the service is to have
 */
export function localConfiguration(
  found: FoundConfiguration,
  service: Service,
  { id, host, administration }: Identity,
  { local_configuration: { core_id, administration_object } }: Installation,
): Task<unknown> {
  const object = ownObject(found, core_id, { service, id });
  return xmlFile({
    path: found.path,
    set: [
      ...(id === undefined
        ? []
        : [
            { name: 'core id', at: core_id, value: id },
            { name: 'mId', at: `${object}/attribute[@name="mId"]/@value`, value: id },
          ]),
      { name: 'mHost', at: `${object}/attribute[@name="mHost"]/@value`, value: host },
      ...(administration_object === null
        ? []
        : [
            {
              name: 'mHost of the administration service',
              at: `//object[@name=${quoted(administration_object, 'local_configuration.administration_object')}]/attribute[@name="mHost"]/@value`,
              value: administration,
            },
          ]),
    ],
  });
}

/** The locator of the object that stands for the service itself; by its key, which no edit changes. */
function ownObject(
  found: FoundConfiguration,
  coreId: string,
  { service, id }: { readonly service: Service; readonly id: Identity['id'] },
): string {
  const { path, ids } = found;
  const hint = `name the object of ${service.name} in the inventory: services.${service.name}.object`;
  if (service.object !== undefined) {
    return `//object[@name=${quoted(service.object, `services.${service.name}.object`)}]`;
  }
  const [current, ...more] = ids;
  if (current === undefined || more.length > 0) {
    throw refuse(
      `${path} has ${ids.length === 0 ? 'no' : ids.length} ${coreId}`,
      'give the locator of the id as local_configuration: { core_id: … }',
    );
  }
  const own = objectsWith(found, quoted(current, `${coreId} in ${path}`));
  const [key, ...others] = own.keys;
  if (key === undefined || others.length > 0) {
    throw refuse(
      `${path} has ${own.keys.length === 0 ? 'no object' : `${own.keys.length} objects (${own.shown})`} with the mId ${current}, which is the id in ${coreId}`,
      hint,
    );
  }
  if (id !== undefined && isKnown(id) && String(id) !== current) {
    // With two objects of one id the next run could not tell which of them is the service's own.
    const taken = objectsWith(found, `"${id}"`);
    if (taken.keys.length > 0) {
      throw refuse(
        `${service.name} is to have the id ${id} in place of ${current} (${own.shown}), and ${path} has that mId already: ${taken.shown}`,
        `${hint}; or take another id, if this one was not given to ${service.name}`,
      );
    }
  }
  return `//object[@key=${quoted(key, `a key in ${path}`)}]`;
}

/** The objects of a local configuration with this `mId`. */
function objectsWith({ path, text }: FoundConfiguration, id: string) {
  const object = `//object[attribute[@name="mId"]/@value=${id}]`;
  const values = (at: string) => xmlMatches(text, `${object}/${at}`, path).map(({ value }) => value);
  const [keys, names] = [values('@key'), values('@name')];
  return { keys, shown: (names.length === 0 ? keys : names).join(', ') };
}

/** A literal of XPath, which has no escapes: the quote that the text does not hold. */
function quoted(text: string, what: string): string {
  if (!text.includes('"')) return `"${text}"`;
  if (!text.includes("'")) return `'${text}'`;
  throw refuse(
    `${what} is ${text}: what holds quotes of both kinds cannot be looked for`,
    'write it without one of them',
  );
}
