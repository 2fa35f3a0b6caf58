import { isKnown, type Play, refuse } from 'dabook';
import {
  type GateState,
  gate,
  inSwarm,
  type Membership,
  type Swarm,
  stackDeploy,
  swarmHoldings,
  swarmMembership,
} from 'dabook/tasks';
import { adminForm } from './admin-form.ts';
import { checkAccount } from './check-account.ts';
import { type CheckedCompose, checkCompose, readComposeTexts } from './check-compose.ts';
import { checkNetwork } from './check-network.ts';
import { findKeys, type Keys, strayKeys } from './copy-service-keys.ts';
import { formerNodes } from './former-nodes.ts';
import { refuseIds } from './ids.ts';
import { refuseStranger } from './join-worker.ts';
import { keptSwarm } from './kept-swarm.ts';
import { labelMembers } from './label-members.ts';
import { noWayBack } from './no-way-back.ts';
import { setupsOf } from './service-setup.ts';
import { onHost, type Site } from './site.ts';
import { takenIds } from './taken-ids.ts';

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
  /** A worker is yet to join. */
  readonly mustJoin: boolean;
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
  const { installation, manager, workers, hosts, services, added, addresses, administration } = site;

  const looks = await play('Look at the nodes', hosts, async (host) => {
    const [membership, texts] = await Promise.all([
      host.read(swarmMembership),
      readComposeTexts(host, installation),
      checkAccount(host, onHost(services, host), installation),
    ]);
    // Of a swarm without a leader it cannot be seen; that is refused further down, with what can be done.
    const holdings =
      membership.nodes === undefined ? undefined : await host.read(swarmHoldings(installation.stack));
    return { name: host.name, membership, holdings, texts };
  });
  const swarm = await play('Get the join token', manager, (host) => keptSwarm(host, installation));
  refuseToJoinApart(site, looks, swarm);
  const compose = await play('Check the compose files', manager, (host) =>
    checkCompose(host, site, Object.fromEntries(looks.map(({ name, texts }) => [name, texts]))),
  );
  const keys = await play('Find the key files', manager, (host) => findKeys(host, site));
  const taken = await play('Read the ids of the services that are there', manager, (host) =>
    takenIds(host, site),
  );
  const admin = gate({
    title: 'Digital Access Admin',
    ...adminForm({ services, manager: manager.name, addresses, config: compose.config }),
    variable: 'answers',
    given: installation.answers,
    accept: (answers) => refuseIds(services, answers, taken),
    keep: { path: `${installation.compose_dir}/dabook-answers.yml` },
  });
  const { answers } = await play('Read what the administration page gave', manager, async (host) =>
    admin.want(await host.read(admin.fact)),
  );
  const isAnswered = Object.values(answers).every(isKnown);
  const setup = { installation, administration, addresses, config: compose.config, keys, answers };

  const plans = await play('Look at the services of the workers', workers, async (worker) => {
    const { membership, holdings } = looks.find(({ name }) => name === worker.name) ?? {};
    if (membership === undefined) throw new Error(`${worker.name} was not looked at`);
    refuseStranger(membership, swarm, { holdings, mayGo: worker.vars.leave_force_ok });
    const setups = await setupsOf(worker, onHost(added, worker), setup);
    const tasks = setups.flatMap(({ keys: copy, configuration, owned }) => [copy, configuration, ...owned]);
    const { nodeId } = membership;
    // Also for what it refuses, which is to be told before anything is stopped.
    const isDue = await worker.due(tasks);
    return {
      host: worker,
      memberId: inSwarm(membership, swarm) ? nodeId : undefined,
      formerNodes: formerNodes(swarm.nodes, { nodeId, address: worker.vars.ip }),
      // Until all is answered the run does not get that far.
      isDue: isAnswered && isDue,
    };
  });
  const stray = (
    await play('Look for internal keys on access points', hosts, async (host) => {
      const paths = await strayKeys(host, onHost(services, host), keys, installation);
      return paths.map((path) => `${host.name}: ${path}`);
    })
  ).flat();
  const joining = plans.filter(({ memberId }) => memberId === undefined).map(({ host }) => host);
  const mustJoin = joining.length > 0;
  if (mustJoin) {
    await play('Look for a way back', [manager, ...joining], async (host) => {
      const { membership } = looks.find(({ name }) => name === host.name) ?? {};
      const why = membership && (await noWayBack(host, membership, installation));
      if (why !== undefined) warn(why);
    });
    const within = hosts.filter(({ name }) => looks.some((look) => look.name === name));
    await checkNetwork(site, within, play, warn);
  }
  const isChanging =
    mustJoin ||
    compose.isDue ||
    plans.some((plan) => plan.isDue || plan.formerNodes.length > 0) ||
    (isAnswered && installation.remove_internal_keys && stray.length > 0);
  const members = plans.flatMap(({ host, memberId }) =>
    memberId === undefined ? [] : [{ host, nodeId: memberId }],
  );
  const isDue =
    isChanging ||
    (await play('Compare with what runs', manager, (host) =>
      host.due([
        ...labelMembers([{ host, nodeId: swarm.nodeId }, ...members], services),
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
    mustJoin,
    isDue,
    stray,
  };
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
