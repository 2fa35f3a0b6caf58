import { placed } from '../../compose/finding.ts';
import { lastSpot } from '../../compose/last-spot.ts';
import type { ParsedFile } from '../../compose/parse-file.ts';
import type { Ask } from '../../fact.ts';
import type { Obstacle } from '../../task.ts';
import { imagesReady } from '../system/images-ready.ts';
import type { NewImage } from './new-images.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/** Where services may run, and what they are written in. */
export interface Placing {
  readonly files: readonly ParsedFile[];
  /** Whether no node but the one that is asked may run a service of the compose files. */
  readonly isOnlyHere: (service: string) => boolean;
}

const hint = 'push it, load it there (docker load), or correct the image';

/** Images that cannot be had. What only other nodes may have is not known here. */
export async function imageObstacles(
  images: readonly NewImage[],
  { files, isOnlyHere }: Placing,
  { resolveImage, withRegistryAuth = false }: StackDeployArgs,
  ask: Ask,
): Promise<readonly Obstacle[]> {
  // Where registries are not to be asked, other nodes have the images already.
  const asked = images.filter(({ service }) => isOnlyHere(service) || resolveImage !== 'never');
  if (asked.length === 0) return [];
  const states = await ask.fact(imagesReady({ images: asked.map(({ image }) => image), pull: true }));
  return asked.flatMap(({ service, image, isUpdate }): readonly Obstacle[] => {
    const state = states[image];
    if (typeof state !== 'object') return [];
    const spot = lastSpot(files, ['services', service, 'image']);
    const named = placed(`image ${image} of service ${service}`, spot);
    // Credentials go with the deploy, or went with an earlier one; this question had none.
    if (state.denied && (withRegistryAuth || isUpdate)) return [];
    if (isOnlyHere(service)) {
      const why = `${named} is not on ${ask.host}, which alone may run it, and ${state.missing}`;
      return [{ why, hint, isCertain: true }];
    }
    if (!state.isAbsent) return [];
    return [{ why: `${named}: ${state.missing}; a node may have it`, hint, isCertain: false }];
  });
}
