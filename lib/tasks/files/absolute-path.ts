import { DabookError } from '../../errors.ts';

/**
 * A path on a host, as it may stand in a task: absolute, on one line.
 * @throws DabookError `playbook` for any other
 */
export function absolutePath(path: string): string {
  if (path.startsWith('/') && !/[\n\0]/.test(path)) return path;
  throw new DabookError('playbook', `${JSON.stringify(path)} is no absolute path`, {
    hint: 'give a path of the host that begins with "/"; "~" and relative paths mean another place for each user',
  });
}
