import { constraintsOf, satisfiesAll } from '../../compose/constraint.ts';
import { type Found, placed } from '../../compose/finding.ts';
import { takenPorts } from '../../compose/taken-ports.ts';
import { type Fact, fact } from '../../fact.ts';
import type { Obstacle } from '../../task.ts';
import { isKnown } from '../../unknown.ts';
import type { DeployedStack } from './deployed-stack.ts';
import { heldObstacles } from './held-obstacles.ts';
import { imageObstacles } from './image-obstacles.ts';
import { newImages } from './new-images.ts';
import { otherPorts, wantedPorts } from './published-ports.ts';
import { readable } from './refuse-faults.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/**
 * What would keep a deploy from working although its files are well: an image that cannot be had, a port that
 * another service or program has. Told as certain is only what one manager can know for all nodes that count. None
 * where the deploy brings neither a new image nor a new port. Two round trips; one more for each registry that is asked.
 */
export function deployObstacles(
  now: DeployedStack,
  args: StackDeployArgs,
): Fact<readonly Obstacle[]> | undefined {
  const { basis } = now;
  const images = newImages(basis);
  const ports = wantedPorts(basis);
  const isPlain = images.length === 0 && ports.every(({ isNew }) => !isNew);
  // Of a swarm that is only foreseen nobody can be asked yet.
  if (isPlain || basis.live.nodes.length === 0 || !isKnown(basis.live.host.nodeId)) return undefined;
  return fact({
    key: ['obstacles of a deploy', args.name],
    read: async (ask) => {
      const files = readable(basis.sources);
      const { nodes, host } = basis.live;
      const here = nodes.find(({ ID }) => ID === host.nodeId);
      const isOnlyHere = (key: string) => {
        const spec = basis.specs[key];
        const eligible = spec && nodes.filter((node) => satisfiesAll(node, constraintsOf(spec)));
        return here !== undefined && eligible?.length === 1 && eligible[0] === here;
      };
      const place = { files, isOnlyHere };
      const [ofImages, others, ofHeld] = await Promise.all([
        imageObstacles(images, place, args, ask),
        otherPorts(ports, basis, args, ask),
        heldObstacles(ports, place, ask),
      ]);
      const taken = takenPorts(ports, others, nodes, files);
      return [...ofImages, ...taken.map(certain), ...ofHeld];
    },
  });
}

function certain({ message, hint, spot }: Found): Obstacle {
  return { why: placed(message, spot), hint, isCertain: true };
}
