import { refuse } from '../refuse.ts';

/** Properties of a service that docker reads and leaves without effect in a swarm. */
const withoutEffect: ReadonlySet<string> = new Set([
  'build',
  'cgroup_parent',
  'cgroupns_mode',
  'container_name',
  'depends_on',
  'devices',
  'domainname',
  'env_file',
  'expose',
  'external_links',
  'ipc',
  'links',
  'mac_address',
  'network_mode',
  'pid',
  'privileged',
  'security_opt',
  'shm_size',
  'tmpfs',
  'userns_mode',
]);

/**
 * Refuses, by name, what a conversion left over: a property that is not understood must not be compared
 * as if it were not there.
 * @param where such as `services.web.deploy`
 * @throws DabookError `refused`
 */
export function refuseUnknown(rest: object, where: string): void {
  const unknown = Object.keys(rest).filter((key) => !key.startsWith('x-') && !withoutEffect.has(key));
  if (unknown.length === 0) return;
  throw refuse(
    `${unknown.map((key) => `${where}.${key}`).join(', ')}: dabook does not know what docker makes of this`,
    'deploy this stack by a command task, or leave the property out',
  );
}
