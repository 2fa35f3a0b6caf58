import { type Later, Unknown } from '../../unknown.ts';
import type { NodeId } from './swarm-node.ts';

/** The id of a node that is yet to join, of whose host the name is known already. */
class JoiningNode extends Unknown {
  readonly hostname: string;

  constructor(hostname: string) {
    super(`id of node ${hostname}`);
    this.hostname = hostname;
  }
}

/** The id that a host will have as a node. @param hostname as its Engine tells it to a swarm */
export function joiningNode(hostname: string | undefined): Unknown {
  return hostname === undefined ? new Unknown('id of the node') : new JoiningNode(hostname);
}

/** The name of the host that is yet to join with this id; none for one that has, and where it is not known. */
export function joiningHostname(id: Later<NodeId>): string | undefined {
  return id instanceof JoiningNode ? id.hostname : undefined;
}
