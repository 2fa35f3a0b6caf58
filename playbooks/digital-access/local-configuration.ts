import { type Host, type Later, refuse, type Task } from 'dabook';
import { xmlFile, xmlValues } from 'dabook/tasks';
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

/**
 * The task that makes a service's local configuration say who it is: its id, in the core and in its own
 * object, and the host that others reach it by. The own object is found by the id that the file has now.
 * @throws DabookError `refused` where the file has no such object, or several
 */
export async function localConfiguration(
  host: Host,
  service: Service,
  { id, host: ownHost, administration }: Identity,
  { config_root, local_configuration: { file, core_id, administration_object } }: Installation,
): Promise<Task<unknown>> {
  const path = `${config_root}/${service.folder}/${file}`;
  const object = await ownObject(host, path, core_id, service);
  return xmlFile({
    path,
    set: [
      ...(id === undefined
        ? []
        : [
            { name: 'core id', at: core_id, value: id },
            { name: 'mId', at: `${object}/attribute[@name="mId"]/@value`, value: id },
          ]),
      { name: 'mHost', at: `${object}/attribute[@name="mHost"]/@value`, value: ownHost },
      ...(administration_object === null
        ? []
        : [
            {
              name: 'mHost of the administration service',
              at: `//object[@name=${quoted(administration_object)}]/attribute[@name="mHost"]/@value`,
              value: administration,
            },
          ]),
    ],
  });
}

/** The locator of the object that stands for the service itself; by its key, which no edit changes. */
async function ownObject(host: Host, path: string, coreId: string, service: Service): Promise<string> {
  if (service.object !== undefined) return `//object[@name=${quoted(service.object)}]`;
  const { core = [] } = await host.read(xmlValues(path, { core: coreId }));
  const [current, ...more] = core;
  if (current === undefined || more.length > 0) {
    throw refuse(
      `${path} has ${core.length === 0 ? 'no' : core.length} ${coreId}`,
      'give the locator of the id as local_configuration: { core_id: … }',
    );
  }
  const own = `//object[attribute[@name="mId"]/@value=${quoted(current)}]`;
  const { keys = [] } = await host.read(xmlValues(path, { keys: `${own}/@key` }));
  const [key, ...others] = keys;
  if (key === undefined || others.length > 0) {
    throw refuse(
      `${path} has ${keys.length === 0 ? 'no object' : `${keys.length} objects`} with the mId ${current}, which is the id in ${coreId}`,
      `name the object of ${service.name} in the inventory: services.${service.name}.object`,
    );
  }
  return `//object[@key=${quoted(key)}]`;
}

/** A literal of XPath, which has no escapes: the quote that the text does not hold. */
function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}
