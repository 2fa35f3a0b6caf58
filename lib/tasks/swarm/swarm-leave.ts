import { type Task, task } from '../../task.ts';
import { endangeredByLeaving, type Leaving, leaveSteps, refuseToLeave } from './leaving.ts';
import { membershipSince } from './membership-since.ts';
import type { Membership } from './swarm-membership.ts';

/**
 * This host is in no swarm. A manager among several is demoted first; the last manager leaves only when
 * it is said that its swarm may go. The node stays listed as Down in the swarm that it left, until
 * `nodeRemove` takes it from there.
 * @throws DabookError `refused` for the last manager unless told, and where the other managers would lose
 * their quorum
 * @example await worker.run(swarmLeave({ destroySwarm: true }))
 */
export function swarmLeave(args: Leaving = {}): Task<Membership> {
  return leave(args);
}

const leave = task('swarmLeave', {
  rights: 'docker',
  title: (_args: Leaving) => 'leave the swarm',
  fact: membershipSince,
  want: (now, args): Membership => {
    if (now.state === 'inactive') return now;
    refuseToLeave(now, args);
    const { hostname } = now;
    return { state: 'inactive', ...(hostname === undefined ? {} : { hostname }), managers: [] };
  },
  steps: (now) => leaveSteps(now),
  endangers: () => endangeredByLeaving,
  settle: () => ({ timeout: 60 }),
  stuck: (now) => ({
    reason: now.role === 'manager' ? 'the node is still a manager' : `the node is still ${now.state}`,
  }),
});
