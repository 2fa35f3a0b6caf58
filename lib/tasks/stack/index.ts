export { type DeployedStack, deployedStack } from './deployed-stack.ts';
export type { NetworkSettings } from './network-settings.ts';
export type { ServiceState } from './service-state.ts';
export { stackDeploy } from './stack-deploy.ts';
export type { StackDeployArgs } from './stack-deploy-args.ts';
export { type StackObjects, stackObjects } from './stack-objects.ts';
export { type StackPlacedArgs, type StackPlacement, stackPlaced } from './stack-placed.ts';
export { type StackRemoveArgs, stackRemove } from './stack-remove.ts';
export { type PlacedTask, type StackTasks, stackTasks } from './stack-tasks.ts';
