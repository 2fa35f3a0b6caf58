import type { Later, Task } from 'dabook';
import { labelNode, type NodeId, restore, type StackDeployArgs, stackDeploy } from 'dabook/tasks';
import { composeFiles } from './installation.ts';
import type { OwnBackup } from './own-backup.ts';

/** The tasks that bring back an installation of its own, on a host that manages its own swarm: labels, files, stack. */
export function ownInstallation(
  { node, name }: { readonly node: Later<NodeId>; readonly name: string },
  { path, notes }: OwnBackup,
  deploy: StackDeployArgs,
): readonly [labels: Task<unknown>, files: Task<unknown>, stack: Task<unknown>] {
  return [
    labelNode({ node, name, labels: notes.labels, exact: true }),
    restore({ archive: path }),
    stackDeploy({ ...deploy, name: notes.stack, dir: notes.compose_dir, files: composeFiles }),
  ];
}
