import { fileURLToPath } from 'node:url';
import { answersFile } from '../e2e/ha-run.ts';
import type { Lab } from '../lab/lab.ts';
import { type Job, jobOn } from './job.ts';

const playbook = fileURLToPath(new URL('../../playbooks/ha.ts', import.meta.url));

/** What is steady for a second will do here, where half a minute is right for the product. */
const quick = ['stable_for=1', 'answer_timeout=10'];

/**
 * The HA job on a lab, with the answers of the administration page at hand: one run from separate swarms to the end.
 * @param more further variables, as `-e` takes them
 */
export async function haJob(lab: Lab, more: readonly string[] = []): Promise<Job> {
  const added = lab.hosts.slice(1).flatMap(({ services }) => services);
  return jobOn(lab, { playbook, options: [...quick, ...more, `@${await answersFile(lab, added)}`] });
}
