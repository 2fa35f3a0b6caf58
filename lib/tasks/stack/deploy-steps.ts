import { imageName } from '../../compose/image-name.ts';
import { imageLabel, scoped } from '../../compose/namespace.ts';
import { counted } from '../../counted.ts';
import { equal } from '../../equal.ts';
import { sh } from '../../sh.ts';
import { docker, exec, type Step } from '../../step.ts';
import type { DeployedStack } from './deployed-stack.ts';
import type { EngineService } from './engine-objects.ts';
import type { ServiceState } from './service-state.ts';
import type { StackDeployArgs } from './stack-deploy-args.ts';

/**
 * What a deploy does: images that docker's own deploy would leave as they are, one call of the Engine each;
 * then, if more differs, that deploy. None where all is as wanted and only has to come up.
 */
export function deploySteps(now: DeployedStack, want: DeployedStack, args: StackDeployArgs): readonly Step[] {
  const repairs = Object.keys(want.services).flatMap((key) => repairOf(key, now, want, args));
  const repaired = new Set(repairs.map(({ key }) => key));
  const services = [...new Set([...Object.keys(now.services), ...Object.keys(want.services)])];
  const differs = services.some((key) => {
    const from = now.services[key];
    const to = want.services[key];
    if (from === undefined || to === undefined) return true;
    return !equal(deployable(from, repaired.has(key)), deployable(to, repaired.has(key)));
  });
  const gone = Object.keys(now.services).filter((key) => want.services[key] === undefined);
  const needsDeploy = differs || !equal(now.networks, want.networks);
  return [...repairs.map(({ step }) => step), ...(needsDeploy ? [deploy(args, gone)] : [])];
}

/** What of a service a deploy can change. A new one sets a paused update going again; one under way goes by itself. */
function deployable(service: ServiceState, isRepaired: boolean): object {
  const { running: _, completed: __, updating, image, ...settings } = service;
  const stopped = updating === 'paused' || updating === 'rollback_paused' ? updating : undefined;
  return { ...settings, stopped, ...(isRepaired ? {} : { image }) };
}

/**
 * Without `--resolve-image always` docker's deploy keeps the image that a service runs when its label says
 * that the file's image has not changed; an image changed by hand is then here to stay.
 */
function repairOf(
  key: string,
  now: DeployedStack,
  want: DeployedStack,
  { name, resolveImage }: StackDeployArgs,
) {
  const wanted = now.basis.specs[key]?.TaskTemplate.ContainerSpec?.Image ?? '';
  const live = now.basis.live.services.find(({ Spec }) => Spec.Name === scoped(name, key));
  const isKept = live?.Spec.Labels?.[imageLabel] === wanted && resolveImage !== 'always';
  if (live === undefined || !isKept || now.services[key]?.image === want.services[key]?.image) return [];
  const container = live.Spec.TaskTemplate.ContainerSpec;
  const image = pinned(live, wanted);
  const body = {
    ...live.Spec,
    TaskTemplate: { ...live.Spec.TaskTemplate, ContainerSpec: { ...container, Image: image } },
  };
  const path = `/services/${live.ID}/update?version=${live.Version.Index}`;
  return [
    {
      key,
      step: docker('POST', path, {
        title: `set the image of service ${live.Spec.Name} back to ${wanted}`,
        body,
      }),
    },
  ];
}

/** The image as an earlier deploy resolved it, where the service still remembers that. */
function pinned({ PreviousSpec }: EngineService, wanted: string): string {
  const before = PreviousSpec?.TaskTemplate.ContainerSpec?.Image;
  return before !== undefined && imageName(before) === imageName(wanted) ? before : wanted;
}

/** @param gone the services that it removes */
function deploy(
  { name, files, dir, prune, withRegistryAuth, resolveImage = 'changed' }: StackDeployArgs,
  gone: readonly string[],
): Step {
  const enter = dir === undefined ? sh`` : sh`cd ${dir} && `;
  const named = files.reduce((command, file) => sh`${command} -c ${file}`, sh`${enter}docker stack deploy`);
  const pruned = prune ? sh`${named} --prune` : named;
  const registry = withRegistryAuth ? sh`${pruned} --with-registry-auth` : pruned;
  return exec(sh`${registry} --resolve-image ${resolveImage} ${name}`, {
    conflicts: othersAtWork,
    destroys:
      gone.length === 0
        ? undefined
        : `of stack ${name}: ${counted(gone.length, 'service')} (${gone.join(', ')})`,
  });
}

/** Another writer; or a network of the stack's former life, which is listed until its last container has ended. */
const othersAtWork = /update out of sequence|network \S+ not found/;
