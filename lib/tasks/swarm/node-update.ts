import { show } from '../../show.ts';
import { type DockerStep, docker } from '../../step.ts';
import { type Later, unknown } from '../../unknown.ts';
import type { Role } from './join-token.ts';
import type { Labels, NodeId, SwarmNode } from './swarm-node.ts';

/** The whole of what can be set on a node: the Engine takes what is left out as its default. */
export interface NodeSettings {
  readonly id: Later<NodeId>;
  readonly version?: number | undefined;
  readonly name?: string | undefined;
  readonly labels: Labels;
  readonly role?: Role | undefined;
  readonly availability?: SwarmNode['availability'] | undefined;
}

/**
 * A step that writes a node's settings, all of them, on top of the version that was read: when somebody
 * else wrote since, the Engine refuses and the engine reads again.
 * @param title what it does, in words
 */
export function nodeUpdate(settings: NodeSettings, title: string): DockerStep {
  // The id and the version are not known while a joining node is only foreseen; then this is shown, never sent: neither
  // is its role known, and what is unknown the engine refuses to send.
  const { id, version = '(known after apply)' } = settings;
  return docker('POST', `/nodes/${show(id)}/update?version=${version}`, {
    title,
    body: {
      ...(settings.name === undefined ? {} : { Name: settings.name }),
      Labels: settings.labels,
      Role: settings.role ?? unknown('role of the node'),
      Availability: settings.availability ?? unknown('availability of the node'),
    },
  });
}
