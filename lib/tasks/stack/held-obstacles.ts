import { placed } from '../../compose/finding.ts';
import { lastSpot } from '../../compose/last-spot.ts';
import { isHostPort, showPort } from '../../compose/published-port.ts';
import type { WantedPort } from '../../compose/taken-ports.ts';
import type { Ask } from '../../fact.ts';
import type { Obstacle } from '../../task.ts';
import { heldPorts } from '../system/held-ports.ts';
import type { EngineService } from './engine-objects.ts';
import type { Placing } from './image-obstacles.ts';
import { publishedBy } from './published-ports.ts';

interface Container {
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Ports?: readonly { readonly PublicPort?: number; readonly Type?: string }[] | null;
}

/** New ports of this very node that some other program has, of services that no other node may run. */
export async function heldObstacles(
  wanted: readonly WantedPort[],
  { files, isOnlyHere }: Placing,
  ask: Ask,
): Promise<readonly Obstacle[]> {
  const here = wanted.filter(({ port, key, isNew }) => isNew && isHostPort(port) && isOnlyHere(key));
  if (here.length === 0) return [];
  const [held, services, containers] = await Promise.all([
    ask.fact(heldPorts(here.map(({ port }) => showPort(port)))),
    ask.docker<readonly EngineService[]>('/services'),
    ask.docker<readonly Container[]>('/containers/json'),
  ]);
  // What a service publishes the Engine itself listens on, until the last container of that service has gone.
  const leaving = (containers ?? []).filter(
    ({ Labels }) => Labels?.['com.docker.swarm.task.id'] !== undefined,
  );
  const published = new Set([
    ...(services ?? []).flatMap(publishedBy).map(showPort),
    ...leaving.flatMap(({ Ports }) => (Ports ?? []).map(({ PublicPort, Type }) => `${PublicPort}/${Type}`)),
  ]);
  return here.flatMap(({ port, key }): readonly Obstacle[] => {
    const shown = showPort(port);
    if (!held.has(shown) || published.has(shown)) return [];
    const spot = lastSpot(files, ['services', key, 'ports']);
    const taken = `service ${key} publishes port ${shown} of ${ask.host}, which alone may run it, and a program there has that port`;
    const why = placed(taken, spot);
    return [{ why, hint: 'end that program (ss -lntup), or give the service another port', isCertain: true }];
  });
}
