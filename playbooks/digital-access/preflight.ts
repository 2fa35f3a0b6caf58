import { isKnown, type Play, refuse } from 'dabook';
import { type GateState, gate, inSwarm, type Membership, type Swarm, stackDeploy } from 'dabook/tasks';
import { adminForm } from './admin-form.ts';
import { atOnce } from './at-once.ts';
import { type CheckedCompose, checkCompose } from './check-compose.ts';
import { checkNetwork } from './check-network.ts';
import { type Keys, strayKeys } from './copy-service-keys.ts';
import { formerNodes } from './former-nodes.ts';
import { refuseStranger } from './join-worker.ts';
import { labelMembers, type Member } from './label-members.ts';
import { lookAround, type NodeLook } from './look-around.ts';
import { noWayBack } from './no-way-back.ts';
import { type ServiceSetup, setupsOf, tasksOf } from './service-setup.ts';
import { onHost, type Site } from './site.ts';

/** What the preflight found. */
export interface Preflight {
  readonly compose: CheckedCompose;
  readonly keys: Keys;
  readonly swarm: Swarm;
  /** By host, as they were when the run began. */
  readonly memberships: Readonly<Record<string, Membership>>;
  /** What is done in the administration page. */
  readonly admin: ReturnType<typeof gate>;
  /** What of that is known already. */
  readonly answers: GateState['answers'];
  readonly isAnswered: boolean;
  /** Workers that are yet to join. */
  readonly joining: Site['workers'];
  /** The nodes that are members already: the manager, and workers. */
  readonly members: readonly Member[];
  /** What sets up the services of each worker, with the answers that are known; by its name. */
  readonly setups: Readonly<Record<string, readonly ServiceSetup[]>>;
  /** Something of the installation is about to change. */
  readonly isDue: boolean;
  /** Internal keys that lie on access points, where they must not. */
  readonly stray: readonly string[];
}

/**
 * Looks at everything that could stand in the way, and changes nothing: what is wrong is told before
 * anything is stopped.
 */
export async function preflight(site: Site, play: Play, warn: (message: string) => void): Promise<Preflight> {
  const { installation, manager, workers, hosts, services, addresses } = site;

  const { looks, own } = await lookAround(site, play);
  const { swarm, keys, answers } = own;
  refuseToJoinApart(site, looks, swarm);
  const isAnswered = Object.values(answers).every(isKnown);
  const within = hosts.filter(({ name }) => looks.some((look) => look.name === name));
  const joining = within.filter(
    (host) => host.name !== manager.name && !inSwarm(lookOf(host, looks).membership, swarm),
  );
  const [compose, plans, stray] = await atOnce([
    play('Check the compose files', manager, (host) =>
      checkCompose(host, site, {
        texts: Object.fromEntries(looks.map(({ name, texts }) => [name, texts])),
        membership: own.membership,
      }),
    ),
    play('Look at the services of the workers', workers, async (worker) => {
      const { membership, holdings, files } = lookOf(worker, looks);
      refuseStranger(membership, swarm, { holdings, mayGo: worker.vars.leave_force_ok });
      const setups = setupsOf(files, site, { keys, answers });
      const { nodeId } = membership;
      return {
        host: worker,
        nodeId: inSwarm(membership, swarm) ? nodeId : undefined,
        formerNodes: formerNodes(swarm.nodes, { nodeId, address: worker.vars.ip }),
        setups,
        // Also for what it refuses, which is to be told before anything is stopped.
        isDue: await worker.due(setups.flatMap(tasksOf)),
      };
    }),
    play('Look for internal keys on access points', hosts, async (host) => {
      const paths = await strayKeys(host, onHost(services, host), keys, installation);
      return paths.map((path) => `${host.name}: ${path}`);
    }),
    joining.length > 0 && checkNetwork(site, within, play, warn),
  ]);
  const admin = gate({
    ...own.asked,
    title: 'Digital Access Admin',
    ...adminForm({ services, manager: manager.name, addresses, config: compose.config }),
  });
  if (joining.length > 0) {
    await play('Look for a way back', [manager, ...joining], async (host) => {
      const why = await noWayBack(host, lookOf(host, looks).membership, installation);
      if (why !== undefined) warn(why);
    });
  }
  const members: readonly Member[] = [
    { host: manager, nodeId: swarm.nodeId },
    ...plans.flatMap(({ host, nodeId }) => (nodeId === undefined ? [] : [{ host, nodeId }])),
  ];
  const isChanging =
    joining.length > 0 ||
    compose.isDue ||
    plans.some((plan) => plan.formerNodes.length > 0) ||
    // Until all is answered the run does not get that far.
    (isAnswered && plans.some((plan) => plan.isDue)) ||
    (isAnswered && installation.remove_internal_keys && stray.flat().length > 0);
  const isDue =
    isChanging ||
    (await play('Compare with what runs', manager, (host) =>
      host.due([
        ...labelMembers(members, services),
        // Files that somebody has edited are as good a reason as those that are yet to be.
        stackDeploy(site.deploy),
        // Before all is answered it is the operator that is waited for.
        ...(isAnswered ? [admin] : []),
      ]),
    ));
  return {
    compose,
    keys,
    swarm,
    memberships: Object.fromEntries(looks.map(({ name, membership }) => [name, membership])),
    admin,
    answers,
    isAnswered,
    joining,
    members,
    setups: Object.fromEntries(plans.map(({ host, setups }) => [host.name, setups])),
    isDue,
    stray: stray.flat(),
  };
}

function lookOf({ name }: { readonly name: string }, looks: readonly NodeLook[]): NodeLook {
  const look = looks.find((each) => each.name === name);
  if (look === undefined) throw new Error(`${name} was not looked at`);
  return look;
}

/** A worker that joins takes the whole installation with it: some of the nodes by themselves would end half way. */
function refuseToJoinApart(
  { hosts, workers }: Site,
  looks: readonly { readonly name: string; readonly membership: Membership }[],
  swarm: Swarm,
): void {
  const left = hosts.filter(({ name }) => looks.every((look) => look.name !== name));
  const joining = looks.filter(
    ({ name, membership }) => workers.some((worker) => worker.name === name) && !inSwarm(membership, swarm),
  );
  if (left.length === 0 || joining.length === 0) return;
  throw refuse(
    `${joining.map(({ name }) => name).join(', ')} is yet to join, and --limit leaves out ${left.map(({ name }) => name).join(', ')}`,
    'nothing was changed; run it without --limit until every worker is a member',
  );
}
