import { type Host, isKnown } from 'dabook';
import { backup, type Membership, nodeSpec } from 'dabook/tasks';
import type { Site } from './site.ts';

/** What a backup tells of the host beside its files: what a rollback needs. */
export interface BackupNotes {
  readonly stack: string;
  readonly compose_dir: string;
  /** What the host was in its swarm: `manager`, `worker`, or neither. */
  readonly role: string | null;
  /** True when the swarm was its own, with no other node in it. */
  readonly alone: boolean;
  /** Labels of its node, where it could be asked. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Copies a host's compose files, local configurations, keys and node labels to the control machine, once per state. */
export async function backUp(
  host: Host,
  membership: Membership | undefined,
  { services, installation }: Site,
): Promise<void> {
  const { stack, compose_dir, config_root, backup_dir, backup_exclude, local_configuration } = installation;
  const folders = [
    ...new Set(services.filter(({ kind }) => kind !== 'database').map(({ folder }) => folder)),
  ];
  const { role, nodeId, nodes } = membership ?? {};
  const isManager = role === 'manager' && nodeId !== undefined && isKnown(nodeId);
  const labels = isManager ? (await host.read(nodeSpec(nodeId))).labels : {};
  const notes: BackupNotes = { stack, compose_dir, role: role ?? null, alone: nodes?.length === 1, labels };
  await host.run(
    backup({
      to: backup_dir,
      paths: [
        compose_dir,
        ...folders.flatMap((folder) => [
          `${config_root}/${folder}/${local_configuration.file}`,
          `${config_root}/${folder}/keys`,
        ]),
      ],
      exclude: backup_exclude,
      notes: { ...notes },
    }),
  );
}
