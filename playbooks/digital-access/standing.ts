import type { DabookError, Host, Later, Task } from 'dabook';
import {
  inSwarm,
  type Membership,
  type NodeId,
  nodeSpec,
  restore,
  type Swarm,
  swarmHoldings,
  swarmMembership,
} from 'dabook/tasks';
import { deployedServices } from './deployed-services.ts';
import type { OwnBackup } from './own-backup.ts';
import { ownInstallation } from './own-installation.ts';
import type { Site } from './site.ts';

/**
 * How far a host is on its way back to an installation of its own:
 *
 * - `member`: of the manager's swarm; for the manager itself: still as high availability has it
 * - `begun`: a rollback has not got to its end there
 * - `back`: labels, files and stack are those of its backup
 * - `changed`: an installation of its own that was maintained since
 * - `elsewhere`: it has gone into another swarm, or cannot tell
 */
export type Standing = 'member' | 'begun' | 'back' | 'changed' | 'elsewhere';

/** How far a worker is on its way back. Only reads. */
export async function standingOf(
  worker: Host,
  swarm: Swarm,
  backup: OwnBackup,
  deploy: Site['deploy'],
): Promise<{ readonly standing: Standing; readonly membership: Membership }> {
  const membership = await worker.read(swarmMembership);
  const { state, role, nodeId, nodes, managers } = membership;
  const standing = async (): Promise<Standing> => {
    // One that its manager does not list any more still waits for it.
    const isFollower = role === 'worker' && managers.some((manager) => manager.nodeId === swarm.nodeId);
    if (isFollower || inSwarm(membership, swarm)) return 'member';
    if (state === 'inactive') return 'begun';
    if (role !== 'manager' || nodes === undefined || nodeId === undefined) return 'elsewhere';
    const holdings = await worker.read(swarmHoldings(backup.notes.stack));
    return holdings.nodes.length > 0 ? 'elsewhere' : ownStanding(worker, nodeId, backup, deploy);
  };
  return { standing: await standing(), membership };
}

/** How far the manager is on its way back, when no worker is in its swarm. Only reads. */
export async function managerStanding(
  { manager, services, deploy }: Site,
  swarm: Swarm,
  backup: OwnBackup,
): Promise<Standing> {
  const { labels: saved, deployed: before, stack } = backup.notes;
  const elsewhere = services.filter(({ node }) => node !== manager.name);
  const [{ labels }, deployed] = await Promise.all([
    manager.read(nodeSpec(swarm.nodeId)),
    deployedServices(manager, stack),
  ]);
  const isAsBefore = elsewhere.every(
    ({ name, label }) =>
      (before.includes(name) || !deployed.includes(name)) && (!(label in saved) || label in labels),
  );
  return isAsBefore ? ownStanding(manager, swarm.nodeId, backup, deploy) : 'member';
}

/** How far a host is that has a swarm of its own. */
async function ownStanding(
  host: Host,
  node: Later<NodeId>,
  backup: OwnBackup,
  deploy: Site['deploy'],
): Promise<Standing> {
  const { path, notes } = backup;
  const deployed = await deployedServices(host, notes.stack);
  if (deployed.length === 0) return 'begun';
  const own = { node, name: host.name };
  if (!(await isDue(host, ownInstallation(own, backup, deploy)))) return 'back';
  // What runs may write into its own files, so those of a deploy that was cut off need not be as saved.
  const lacksSome = notes.deployed.some((name) => !deployed.includes(name));
  const [labels] = ownInstallation(own, backup, deploy);
  const compose = restore({ archive: path, paths: [notes.compose_dir] });
  return lacksSome && !(await isDue(host, [labels, compose])) ? 'begun' : 'changed';
}

/** What cannot be put back as things are, such as a file in whose place a folder is, is another state too. */
async function isDue(host: Host, tasks: readonly Task<unknown>[]): Promise<boolean> {
  try {
    return await host.due(tasks);
  } catch (error) {
    if ((error as DabookError).code === 'refused') return true;
    throw error;
  }
}
