/**
 * Name of the config object that is a swarm's lock while a run is under way in it. Names are unique in a swarm, so
 * there is one at most. It is none of what a swarm holds for anybody.
 */
export const lockName = 'dabook.lock';
