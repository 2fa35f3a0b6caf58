import { type ConstrainedNode, nameOf } from './constraint.ts';
import type { Found } from './finding.ts';
import { grouped } from './grouped.ts';
import { lastSpot } from './last-spot.ts';
import { overbooked, seated } from './overbooked.ts';
import type { ParsedFile } from './parse-file.ts';
import { portClaims } from './port-clashes.ts';
import { isHostPort, type PublishedPort, showPort } from './published-port.ts';

/** One of the services that are deployed, by its name in the swarm. */
export interface WantedPort extends PublishedPort {
  /** Its name in the compose files. */
  readonly key: string;
  /** It does not have the port yet, or not there. */
  readonly isNew: boolean;
}

/**
 * Ports that services are to have and others, by their names in the swarm, have already: for certain, so that the Engine refuses
 * them, or no node is left for one of the tasks.
 */
export function takenPorts(
  wanted: readonly WantedPort[],
  others: readonly PublishedPort[],
  nodes: readonly ConstrainedNode[],
  files: readonly ParsedFile[],
): readonly Found[] {
  const byPort = grouped(wanted, ({ port }) => showPort(port));
  return [...byPort].flatMap(([shown, holders]) => {
    const rivals = others.filter(({ port }) => showPort(port) === shown);
    const refused = holders.flatMap((holder) => {
      // The Engine refuses a port of all nodes beside any other, and takes two that are of single nodes.
      const rival = holder.isNew
        ? rivals.find(({ port }) => !isHostPort(port) || !isHostPort(holder.port))
        : undefined;
      if (rival === undefined) return [];
      const where = isHostPort(rival.port) ? 'on its nodes' : 'on every node';
      const message = `service ${holder.key} publishes port ${shown}, which service ${rival.service} has ${where}`;
      return [found(message, rival.service, holder, files)];
    });
    return refused.length > 0 ? refused : crowdedOut(holders, rivals, { shown, nodes, files });
  });
}

/** Tasks that each need the port of a node of their own, more of them than there are nodes. */
function crowdedOut(
  holders: readonly WantedPort[],
  rivals: readonly PublishedPort[],
  {
    shown,
    nodes,
    files,
  }: {
    readonly shown: string;
    readonly nodes: readonly ConstrainedNode[];
    readonly files: readonly ParsedFile[];
  },
): readonly Found[] {
  const claimsOf = (those: readonly PublishedPort[]) =>
    portClaims(
      those.filter(({ port }) => isHostPort(port)),
      nodes,
      ({ ID }) => ID,
    );
  // Rivals that wait for a place already are no news, and hide who has it.
  const { claims, places } = overbooked([...seated(claimsOf(rivals)), ...claimsOf(holders)]);
  const tight = new Set(claims.map(({ by }) => by));
  const holder = holders.find(({ service, isNew }) => isNew && tight.has(service));
  const rival = rivals.find(({ service }) => tight.has(service));
  if (holder === undefined || rival === undefined) return [];
  const names = nodes.filter(({ ID }) => places.includes(ID)).map(nameOf);
  const where = `on ${names.join(', ')}`;
  const message = `service ${holder.key} publishes port ${shown} of its node, and service ${rival.service} has it ${where}: no other node may run it`;
  return [found(message, rival.service, holder, files)];
}

function found(message: string, rival: string, { key }: WantedPort, files: readonly ParsedFile[]): Found {
  return {
    severity: 'fault',
    message,
    hint: `give one of them another port, or remove service ${rival} first`,
    spot: lastSpot(files, ['services', key, 'ports']),
  };
}
