import { counted } from '../../counted.ts';
import { refuse } from '../../refuse.ts';
import { type DockerStep, docker } from '../../step.ts';
import { task } from '../../task.ts';
import { unknown } from '../../unknown.ts';
import { foreseeStack } from './foreseen-stack.ts';
import { type PartsToRemove, partsToRemove, type StackPartsArgs, staying } from './parts-to-remove.ts';
import { stackObjects } from './stack-objects.ts';

export interface StackRemoveArgs extends StackPartsArgs {
  /** Seconds until all of it must be gone; 120 by default. */
  readonly timeout?: number | undefined;
}

const kinds = ['services', 'networks', 'secrets', 'configs'] as const;

/**
 * Removes a stack: its services, then, when the last of their tasks has ended, its networks, secrets and
 * configs. Done when nothing of it is left, containers on this host included. Volumes stay. A host that is
 * in no swarm has no stack; a worker is refused.
 *
 * Of some `services` nothing is left but what they share with others: networks, secrets and configs stay.
 * Those that the stack does not have are gone already.
 *
 * Networks wait for the tasks because an engine that loses a network under a stopping task keeps its
 * addresses, and because a deploy right after a hasty removal finds networks that are on their way out.
 * @example stackRemove({ name: 'da' })
 * @example stackRemove({ name: 'da', services: ['policy1'] }) // a later stackDeploy brings it back
 */
export const stackRemove = task('stackRemove', {
  rights: 'docker',
  title: ({ name, services }: StackRemoveArgs) =>
    services === undefined ? `remove stack ${name}` : `remove ${services.join(', ')} of stack ${name}`,
  fact: partsToRemove,
  want: (now, args): PartsToRemove => {
    refuseHost(now, args);
    return { ...now, services: [], networks: [], secrets: [], configs: [], isLeaving: false };
  },
  steps: (now, _want, { name }) => {
    const [first, ...others] =
      now.services.length > 0
        ? now.services.map((service) => remove('services', service, now, name))
        : // Nothing to do but wait: what is left may still be in use.
          now.basis.tasks.length > 0
          ? []
          : (['networks', 'secrets', 'configs'] as const).flatMap((kind) =>
              now[kind].map((object) => remove(kind, object, now, name)),
            );
    // Told once, of all that goes: the later ones follow from the first.
    return first === undefined ? [] : [{ ...first, destroys: destroyed(now, name) }, ...others];
  },
  // Read anew, so that a deploy after this is seen by a removal after that.
  foresees: (_now, { basis: { host, held } }, args) => {
    const { nodeId } = host;
    const stay = staying(args);
    const left =
      stay === undefined
        ? { services: [], networks: [], secrets: [], configs: [] }
        : { ...held, services: held.services.filter(({ Spec }) => stay(Spec.Name)) };
    return [
      ...foreseeStack(args.name, { nodeId, ...left }),
      { fact: stackObjects(args.name) },
      { fact: partsToRemove(args) },
    ];
  },
  obscures: ({ name }) => foreseeStack(name, unknown(`stack ${name}`)),
  endangers: ({ name, services }) =>
    services === undefined ? `all of stack ${name}` : `of stack ${name}: ${services.join(', ')}`,
  settle: ({ timeout = 120 }) => ({ timeout, interval: 0.25 }),
  stuck: ({ basis, ...now }) => {
    const left = kinds.flatMap((kind) => now[kind].map((object) => `${kind.slice(0, -1)} ${object}`));
    const running = [
      ...basis.tasks.map(({ shown }) => `task ${shown}`),
      ...basis.containers.map(({ shown }) => `container ${shown}`),
    ];
    const all = [...left, ...running];
    return all.length === 0 ? undefined : { reason: `still there: ${all.join(', ')}` };
  },
});

/** All that goes: `stack da: 3 services, 1 network`. */
function destroyed(now: PartsToRemove, name: string): string {
  const parts = kinds.flatMap((kind) => {
    const count = now[kind].length;
    return count === 0 ? [] : [counted(count, kind.slice(0, -1))];
  });
  return `of stack ${name}: ${parts.join(', ')}`;
}

function refuseHost({ basis }: PartsToRemove, { name }: StackRemoveArgs): void {
  const { state, isManager } = basis.host;
  if (state === 'inactive' || isManager) return;
  throw refuse(
    state === 'active'
      ? `this host is a worker of its swarm: only a manager can remove stack ${name}`
      : `the swarm of this host is ${state}: stack ${name} cannot be seen`,
    state === 'locked' ? 'unlock it: docker swarm unlock' : 'run the task on a manager',
  );
}

function remove(
  kind: (typeof kinds)[number],
  object: string,
  { basis }: PartsToRemove,
  stack: string,
): DockerStep {
  const id = basis.ids[kind][object] ?? object;
  return docker('DELETE', `/${kind}/${id}`, {
    title: `remove ${kind.slice(0, -1)} ${object} of stack ${stack}`,
  });
}
