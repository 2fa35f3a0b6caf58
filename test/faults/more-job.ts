import { fileURLToPath } from 'node:url';
import type { Lab } from '../lab/lab.ts';
import { type Job, jobOn } from './job.ts';

const playbook = fileURLToPath(new URL('jobs/more.ts', import.meta.url));

/** The tasks that the HA job has not, on three managers of one swarm. */
export async function moreJob(lab: Lab): Promise<Job> {
  return jobOn(lab, {
    playbook,
    options: [`first=${lab.hosts[0]?.address}`],
    become: true,
    prepare,
  });
}

/** The stack as it was before, with a service more. */
const compose = `version: "3.7"
services:
  one: {image: 'dabook.test/da/policy-service:6.0.5.60259'}
  old: {image: 'dabook.test/da/policy-service:6.0.5.60259'}
`;

async function prepare(lab: Lab): Promise<void> {
  await toOneSwarm(lab);
  await lab.root(1, 'echo x >/opt/nexus/notes; docker stack deploy -c - --resolve-image never more', compose);
}

/** All hosts manage the swarm of the first. */
export async function toOneSwarm(lab: Lab): Promise<void> {
  const address = lab.hosts[0]?.address;
  const token = (await lab.root(1, 'docker swarm join-token -q manager').text()).trim();
  for (const host of [2, 3]) {
    await lab.root(host, `docker swarm leave --force && docker swarm join --token ${token} ${address}:2377`);
  }
}
