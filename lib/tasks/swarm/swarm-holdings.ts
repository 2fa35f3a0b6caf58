import { namespaceLabel } from '../../compose/namespace.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';
import { lockName } from '../../lock-name.ts';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { staleTwins } from './stale-twins.ts';
import { type Membership, swarmMembership } from './swarm-membership.ts';

/** What would be lost with the swarm that a host manages: names. */
export interface SwarmHoldings {
  /** Nodes other than the host itself, and what it left behind when it was a member before. */
  readonly nodes: readonly string[];
  readonly services: readonly string[];
  readonly configs: readonly string[];
  readonly secrets: readonly string[];
}

/** The part of the Engine API's service, config and secret that is read here. */
interface HeldAnswer {
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null };
}

/**
 * What the swarm of a manager holds that leaving it would lose; nothing for a host in no swarm, and for a worker.
 * @param stack one whose own services, configs and secrets do not count: they go with it
 * @throws DabookError `refused` for a manager that cannot tell: without a leader, or locked
 * @example const { nodes, secrets } = await host.read(swarmHoldings('da'))
 */
export function swarmHoldings(stack?: string): Fact<SwarmHoldings> {
  return fact<SwarmHoldings>({
    key: ['swarm holdings', stack ?? ''],
    read: async (ask) => {
      const membership = await ask.fact(swarmMembership);
      refuseUnseen(membership);
      if (membership.role !== 'manager') return { nodes: [], services: [], configs: [], secrets: [] };
      const nodes = otherNodes(membership);
      // A swarm that check mode foresees is new, and the engine's answers are of another one.
      if (ask.foreseen(swarmMembership)) return { nodes, services: [], configs: [], secrets: [] };
      const [services, configs, secrets] = await Promise.all([
        namesOf(ask, '/services', stack),
        namesOf(ask, '/configs', stack),
        namesOf(ask, '/secrets', stack),
      ]);
      return { nodes, services, configs, secrets };
    },
  });
}

function refuseUnseen({ state, role, nodes, error = 'the engine does not say why' }: Membership): void {
  if (state === 'locked') {
    throw refuse(
      'this host is a locked manager: what its swarm holds cannot be seen',
      'unlock it first: docker swarm unlock',
    );
  }
  if (role === 'manager' && nodes === undefined) {
    throw refuse(
      `this host manages a swarm without a leader (${error}): what it holds cannot be seen`,
      'bring more of its managers back first',
    );
  }
}

function otherNodes({ nodes = [], nodeId }: Membership): readonly string[] {
  const self = nodes.find(({ id }) => id === nodeId);
  const own = self === undefined ? [] : [self, ...staleTwins(nodes, self)];
  return nodes.filter((node) => !own.includes(node)).map(({ hostname, id }) => hostname || show(id));
}

async function namesOf(ask: Ask, path: string, stack: string | undefined): Promise<readonly string[]> {
  const held = (await ask.docker<readonly HeldAnswer[]>(path)) ?? [];
  return (
    held
      .filter(({ Spec: { Labels } }) => stack === undefined || Labels?.[namespaceLabel] !== stack)
      .map(({ Spec: { Name } }) => Name)
      // The run's own lock goes with the swarm, as it should.
      .filter((name) => name !== lockName)
      .sort()
  );
}
