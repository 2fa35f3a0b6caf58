import { DabookError } from '../../errors.ts';

/**
 * A path on a host, as it may stand in a task: absolute, on one line. One place has one spelling, for what is foreseen of it:
 * without `//`, `/./` and a slash at its end.
 * @throws DabookError `playbook` for any other
 */
export function absolutePath(path: string): string {
  if (path.startsWith('/') && !/[\n\0]/.test(path)) {
    return path.replaceAll(/\/(?:\.?\/)+/g, '/').replace(/(?<=.)\/\.?$/, '') || '/';
  }
  throw new DabookError('playbook', `${JSON.stringify(path)} is no absolute path`, {
    hint: 'give a path of the host that begins with "/"; "~" and relative paths mean another place for each user',
  });
}
