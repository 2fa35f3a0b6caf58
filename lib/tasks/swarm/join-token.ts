import type { Secret } from '../../secret.ts';

/** What a node does in a swarm. */
export type Role = 'manager' | 'worker';

/**
 * The token with which a node joins a swarm in a role. The role is part of the type, so that a worker's
 * token where a manager's is needed does not compile.
 */
export type JoinToken<R extends Role> = Secret<`${R} join token`>;
