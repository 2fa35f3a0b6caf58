import { refuse } from '../../refuse.ts';
import { docker, type Step } from '../../step.ts';
import { task } from '../../task.ts';
import { foreseenStack } from './foreseen-stack.ts';
import { type StackObjects, stackObjects } from './stack-objects.ts';

export interface StackRemoveArgs {
  readonly name: string;
  /** Seconds until all of it must be gone; 120 by default. */
  readonly timeout?: number | undefined;
}

const kinds = ['services', 'networks', 'secrets', 'configs'] as const;

/**
 * Removes a stack: its services, then, when the last of their tasks has ended, its networks, secrets and
 * configs. Done when nothing of it is left, containers on this host included. Volumes stay. A host that is
 * in no swarm has no stack; a worker is refused.
 *
 * Networks wait for the tasks because an engine that loses a network under a stopping task keeps its
 * addresses, and because a deploy right after a hasty removal finds networks that are on their way out.
 * @example stackRemove({ name: 'da' })
 */
export const stackRemove = task('stackRemove', {
  title: ({ name }: StackRemoveArgs) => `remove stack ${name}`,
  fact: ({ name }) => stackObjects(name),
  want: (now, { name }): StackObjects => {
    const { state, isManager } = now.basis.host;
    if (state !== 'inactive' && !isManager) {
      throw refuse(
        state === 'active'
          ? `this host is a worker of its swarm: only a manager can remove stack ${name}`
          : `the swarm of this host is ${state}: stack ${name} cannot be seen`,
        state === 'locked' ? 'unlock it: docker swarm unlock' : 'run the task on a manager',
      );
    }
    return { ...now, services: [], networks: [], secrets: [], configs: [], tasks: 0, containers: 0 };
  },
  steps: (now, _want, { name }) => {
    if (now.services.length > 0) return now.services.map((service) => remove('services', service, now, name));
    // Nothing to do but wait: what is left may still be in use.
    if (now.tasks > 0) return [];
    return (['networks', 'secrets', 'configs'] as const).flatMap((kind) =>
      now[kind].map((object) => remove(kind, object, now, name)),
    );
  },
  // Read anew, so that a deploy after this is seen by a removal after that.
  foresees: (_now, { basis: { host } }, { name }) => [
    {
      fact: foreseenStack(name),
      state: { nodeId: host.nodeId, services: [], networks: [], secrets: [], configs: [] },
    },
    { fact: stackObjects(name) },
  ],
  settle: ({ timeout = 120 }) => ({ timeout, interval: 0.5 }),
  stuck: ({ basis, ...now }) => {
    const left = kinds.flatMap((kind) => now[kind].map((object) => `${kind.slice(0, -1)} ${object}`));
    const running = [
      ...basis.tasks.map((each) => `task ${each}`),
      ...basis.containers.map((each) => `container ${each}`),
    ];
    const all = [...left, ...running];
    return all.length === 0 ? undefined : { reason: `still there: ${all.join(', ')}` };
  },
});

function remove(kind: (typeof kinds)[number], object: string, { basis }: StackObjects, stack: string): Step {
  const id = basis.ids[kind][object] ?? object;
  return docker('DELETE', `/${kind}/${id}`, {
    title: `remove ${kind.slice(0, -1)} ${object} of stack ${stack}`,
  });
}
