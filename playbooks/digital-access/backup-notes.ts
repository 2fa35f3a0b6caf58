import { type Host, isKnown } from 'dabook';
import { type Membership, nodeSpec, swarmHoldings } from 'dabook/tasks';
import { z } from 'zod';
import { deployedServices } from './deployed-services.ts';
import type { Installation } from './installation.ts';

/** What a backup tells of the host beside its files: what a rollback needs. */
export const BackupNotes = z.object({
  stack: z.string(),
  compose_dir: z.string(),
  /** What the host was in its swarm: `manager`, `worker`, or neither. */
  role: z.string().nullable(),
  /** True when the swarm was its own, with no other node in it. */
  alone: z.boolean(),
  /** The services of its stack that were deployed, by their names in the compose files; none when it was stopped. */
  deployed: z.array(z.string()).readonly(),
  /** Labels of its node, where it could be asked. */
  labels: z.record(z.string(), z.string()),
  /** True when a rollback made it, of what it was about to overwrite: no rollback goes back to that. */
  before_rollback: z.boolean(),
});

export type BackupNotes = z.infer<typeof BackupNotes>;

/** What is to be noted down of a host as it is. Only reads. */
export async function notesOf(
  host: Host,
  { role, nodeId, nodes }: Partial<Membership>,
  { stack, compose_dir }: Pick<Installation, 'stack' | 'compose_dir'>,
): Promise<BackupNotes> {
  const notes = { stack, compose_dir, role: role ?? null, before_rollback: false };
  // Only a manager can tell of its swarm, and only while that has a leader.
  if (role !== 'manager' || nodes === undefined || nodeId === undefined || !isKnown(nodeId)) {
    return { ...notes, alone: false, deployed: [], labels: {} };
  }
  const [{ labels }, holdings, deployed] = await Promise.all([
    host.read(nodeSpec(nodeId)),
    host.read(swarmHoldings(stack)),
    deployedServices(host, stack),
  ]);
  return { ...notes, alone: holdings.nodes.length === 0, deployed, labels: { ...labels } };
}

/** Whether that is an installation of its own at work: what a rollback brings back. */
export function isOwnInstallation({ alone, deployed }: BackupNotes): boolean {
  return alone && deployed.length > 0;
}
