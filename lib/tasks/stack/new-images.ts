import { imageName } from '../../compose/image-name.ts';
import type { DeployBasis } from './deployed-stack.ts';
import { wantedTasks } from './task-progress.ts';

/** An image that no service of the stack runs yet. */
export interface NewImage {
  /** The service, by its name in the compose files. */
  readonly service: string;
  /** As the files name it. */
  readonly image: string;
  /** The service is there already, with what it was deployed with. */
  readonly isUpdate: boolean;
}

/** The images that a deploy brings to the stack, of the services that are to have tasks. */
export function newImages({ specs, live }: DeployBasis): readonly NewImage[] {
  const run = new Set(
    live.services.map(({ Spec }) => imageName(Spec.TaskTemplate.ContainerSpec?.Image ?? '')),
  );
  return Object.entries(specs).flatMap(([service, spec]) => {
    const image = spec.TaskTemplate.ContainerSpec?.Image ?? '';
    if (run.has(imageName(image)) || wantedTasks(spec, live.nodes) === 0) return [];
    return [{ service, image, isUpdate: live.services.some(({ Spec }) => Spec.Name === spec.Name) }];
  });
}
