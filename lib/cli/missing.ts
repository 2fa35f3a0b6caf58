import { DabookError } from '../errors.ts';

/** Of a command that needs a playbook and an inventory. */
export function missing(command: string, playbook: unknown, inventory: unknown): DabookError {
  const lacks = [
    ...(playbook === undefined ? ['the playbook'] : []),
    ...(inventory === undefined ? ['the inventory (-i)'] : []),
  ];
  return new DabookError(
    'usage',
    `${lacks.join(' and ')} must be given: dabook ${command} ha.ts -i hosts.yml`,
    { hint: `see: dabook ${command} --help` },
  );
}
