import { type Host, refuse } from 'dabook';
import { deployedStack, type StackDeployArgs, stackDeploy } from 'dabook/tasks';
import type { Service } from './service.ts';

/** A node with the services that the inventory names for it. */
export interface Carrier {
  readonly name: string;
  readonly vars: { readonly services: readonly Service[] };
}

/**
 * Holds the manager's compose files against the inventory, before anything is stopped: what a deploy would
 * refuse is refused here, and so is a service that they do not have or place by another label.
 * @throws DabookError `refused`, with everything that does not fit
 */
export async function checkCompose(
  manager: Host,
  deploy: StackDeployArgs,
  carriers: readonly Carrier[],
): Promise<void> {
  const stack = await manager.read(deployedStack(deploy));
  stackDeploy(deploy).want(stack);

  const constraints = Object.entries(stack.basis.specs).map(
    ([service, spec]) => [service, spec.TaskTemplate.Placement?.Constraints ?? []] as const,
  );
  const faults = carriers.flatMap(({ name: host, vars }) =>
    vars.services.flatMap(({ name, label }) => {
      const own = constraints.find(([service]) => service === name)?.[1];
      if (own === undefined) {
        return [
          `${host}: no service is called ${name}; there are ${constraints.map(([service]) => service).join(', ')}`,
        ];
      }
      if (own.some((constraint) => labelIn(constraint) === label)) return [];
      const used = own.map(labelIn).filter((found) => found !== undefined);
      const instead =
        used.length === 0 ? 'has no constraint on a label' : `is placed by ${used.join(' and ')}`;
      return [`${host}: no service uses the label ${label}; ${name} ${instead}`];
    }),
  );
  if (faults.length === 0) return;
  const files = deploy.files.map((file) => `${deploy.dir}/${file}`).join(', ');
  throw refuse(
    `the inventory does not fit ${files}:\n${faults.join('\n')}`,
    'correct the services of these hosts (a label of your own: {name: …, label: …}), or the compose files',
  );
}

/** `node.labels.da-policy-service1 == true` -> `da-policy-service1` */
function labelIn(constraint: string): string | undefined {
  return /^node\.labels\.([^\s=!]+)\s*==/.exec(constraint.trim())?.[1];
}
