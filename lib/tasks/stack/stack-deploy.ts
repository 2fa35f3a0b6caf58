import { task } from '../../task.ts';
import { unknown } from '../../unknown.ts';
import { deployObstacles } from './deploy-obstacles.ts';
import { deploySteps } from './deploy-steps.ts';
import { type DeployedStack, deployedStack } from './deployed-stack.ts';
import { foreseeStack } from './foreseen-stack.ts';
import { wantedNetworkSettings } from './network-settings.ts';
import { refuseFaults } from './refuse-faults.ts';
import { type ServiceState, wantedServiceState } from './service-state.ts';
import { stackAfterDeploy } from './stack-after-deploy.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';
import { stuckServices } from './stuck-services.ts';

/**
 * Deploys a stack from compose files of the host, and waits until every service runs as they say, unless with
 * `wait: false`. Whether anything would change is decided by comparing the merged files with the services and
 * networks that live; when nothing differs nothing is written. An image that was changed by hand is put back
 * too, which `docker stack deploy` by itself does not do.
 *
 * Refused: a host that is no manager, a fault in the files, a network that differs from its definition,
 * external networks, secrets or configs that are missing. Before anything is written, and in check mode, it is also
 * refused where it could not work: a new image that neither this host nor its registry has, of a service that may run
 * here alone; a new port that another service of the swarm has; or one of this host, for a service that may run
 * here alone, that some program has.
 * @example stackDeploy({ name: 'da', dir: '/opt/app', files: ['docker-compose.yml', 'network.yml'] })
 */
export const stackDeploy = task('stackDeploy', {
  // It reads what it deploys, and the logins of registries that its user has.
  rights: 'play',
  title: ({ name, files }: StackDeployArgs) => `deploy stack ${name} from ${files.join(', ')}`,
  fact: (args) => deployedStack(args),
  want: (now, args): DeployedStack => {
    const { basis } = now;
    refuseFaults(now, args);
    const services = Object.entries(basis.specs).map(([key, spec]) => {
      const wanted = wantedServiceState(spec, basis.live.nodes);
      return [key, args.wait === false ? { ...wanted, ...progress(now.services[key]) } : wanted];
    });
    const networks = Object.entries(basis.networks.own).map(([key, spec]) => [
      key,
      wantedNetworkSettings(spec),
    ]);
    return { ...now, services: Object.fromEntries(services), networks: Object.fromEntries(networks) };
  },
  steps: deploySteps,
  obstacles: (now, _want, args) => deployObstacles(now, args),
  // Read anew: later tasks of the check may edit the files, or deploy others.
  foresees: (_now, want, args) => [
    ...foreseeStack(args.name, stackAfterDeploy(want, args)),
    { fact: deployedStack(args) },
  ],
  obscures: ({ name }) => foreseeStack(name, unknown(`stack ${name}`)),
  endangers: ({ name, prune }) =>
    prune ? `of stack ${name}: services that its files name no more` : undefined,
  settle: ({ timeout = 120 }) => ({ timeout }),
  stuck: stuckServices,
});

/** How far a service is, for a deploy that does not wait: as it is now. What was paused does not go on by itself. */
function progress({ running, completed, updating }: Partial<ServiceState> = {}) {
  const isPaused = updating === 'paused' || updating === 'rollback_paused';
  return {
    ...(running === undefined ? {} : { running }),
    ...(completed === undefined ? {} : { completed }),
    ...(updating === undefined || isPaused ? {} : { updating }),
  };
}
