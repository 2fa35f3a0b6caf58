import { refuse } from '../refuse.ts';
import type { ComposeMount, ComposeVolume } from './compose-config.ts';
import { namespaceLabel, scoped } from './namespace.ts';
import { refuseUnknown } from './refuse-unknown.ts';
import type { MountSpec } from './service-spec.ts';

/**
 * One entry of a service's `volumes` as the Engine's mount.
 * @param where such as `services.web.volumes`
 * @throws DabookError `refused` for a volume that is not defined, options of another type, an unknown property
 */
export function convertMount(
  mount: ComposeMount,
  volumes: Readonly<Record<string, ComposeVolume>>,
  stack: string,
  where: string,
): MountSpec {
  const { type = 'volume', source, target, read_only, consistency, bind, volume, tmpfs, ...rest } = mount;
  refuseUnknown(rest, where);
  if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') {
    throw refuse(`${where}: a mount of type ${type} is not known`, 'use bind, volume or tmpfs');
  }
  for (const [kind, options] of Object.entries({ bind, volume, tmpfs })) {
    if (options !== undefined && kind !== type) {
      throw refuse(`${where}: ${kind} options do not fit a mount of type ${type} (${target})`);
    }
  }
  const spec: MountSpec = {
    Type: type,
    Target: target,
    ...(source === undefined ? {} : { Source: source }),
    ...(read_only ? { ReadOnly: true } : {}),
    ...(consistency === undefined ? {} : { Consistency: consistency }),
  };
  if (type === 'bind') return bind === undefined ? spec : { ...spec, BindOptions: bindOptions(bind, where) };
  if (type === 'tmpfs')
    return tmpfs === undefined ? spec : { ...spec, TmpfsOptions: tmpfsOptions(tmpfs, where) };
  return source === undefined || source === ''
    ? spec
    : { ...spec, ...named(source, volume, volumes, stack, where) };
}

function bindOptions({ propagation, ...rest }: NonNullable<ComposeMount['bind']>, where: string) {
  refuseUnknown(rest, `${where}.bind`);
  return { Propagation: propagation };
}

function tmpfsOptions({ size, ...rest }: NonNullable<ComposeMount['tmpfs']>, where: string) {
  refuseUnknown(rest, `${where}.tmpfs`);
  return { SizeBytes: size };
}

/** A volume with a name is defined at the top of the files and carries its definition into the mount. */
function named(
  source: string,
  options: ComposeMount['volume'],
  volumes: Readonly<Record<string, ComposeVolume>>,
  stack: string,
  where: string,
): Pick<MountSpec, 'Source' | 'VolumeOptions'> {
  const definition = volumes[source];
  if (definition === undefined && !(source in volumes)) {
    throw refuse(
      `${where}: the volume ${source} is not defined`,
      `add it below 'volumes:' of one of the compose files`,
    );
  }
  const { nocopy, subpath, ...restOfOptions } = options ?? {};
  refuseUnknown(restOfOptions, `${where}.volume`);
  const { name, driver, driver_opts, external, labels, ...rest } = definition ?? {};
  refuseUnknown(rest, `volumes.${source}`);
  const chosen = {
    ...(nocopy ? { NoCopy: true } : {}),
    ...(subpath === undefined ? {} : { Subpath: subpath }),
  };
  if (external) return { Source: name ?? source, VolumeOptions: chosen };
  const hasDriver = driver !== undefined || driver_opts !== undefined;
  return {
    Source: name ?? scoped(stack, source),
    VolumeOptions: {
      ...chosen,
      Labels: { ...labels, [namespaceLabel]: stack },
      ...(hasDriver ? { DriverConfig: { Name: driver, Options: driver_opts } } : {}),
    },
  };
}
