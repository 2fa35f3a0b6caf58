import { isKnown, type Play } from 'dabook';
import {
  clocksAgree,
  type GateState,
  gate,
  inSwarm,
  type Membership,
  type PortToTry,
  portsOpen,
  type Swarm,
  stackDeploy,
  swarmHoldings,
  swarmInit,
  swarmMembership,
} from 'dabook/tasks';
import { adminForm } from './admin-form.ts';
import { checkAccount } from './check-account.ts';
import { type CheckedCompose, checkCompose, readComposeTexts } from './check-compose.ts';
import { findKeys, type Keys, strayKeys } from './copy-service-keys.ts';
import { refuseIds } from './ids.ts';
import { refuseStranger } from './join-worker.ts';
import { setupsOf } from './service-setup.ts';
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
  /** A worker is yet to join. */
  readonly mustJoin: boolean;
  /** Something of the installation is about to change. */
  readonly isDue: boolean;
  /** Internal keys that lie on access points, where they must not. */
  readonly stray: readonly string[];
}

/** The ports that the nodes of a swarm reach one another by; joining goes to its manager alone. */
const swarmPorts = (manager: string): readonly PortToTry[] => [
  { port: 2377, protocol: 'tcp', purpose: 'joining', at: [manager] },
  { port: 7946, protocol: 'tcp', purpose: 'gossip between nodes' },
  { port: 7946, protocol: 'udp', purpose: 'gossip between nodes' },
  { port: 4789, protocol: 'udp', purpose: 'traffic between services' },
];

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
  const compose = await play('Check the compose files', manager, (host) =>
    checkCompose(host, site, Object.fromEntries(looks.map(({ name, texts }) => [name, texts]))),
  );
  const keys = await play('Find the key files', manager, (host) => findKeys(host, site));
  const swarm = await play('Get the join token', manager, async (host) => {
    const { state } = await host.run(swarmInit({ advertise: host.vars.ip }));
    return state;
  });
  const admin = gate({
    title: 'Digital Access Admin',
    ...adminForm({ services, manager: manager.name, addresses, config: compose.config }),
    variable: 'answers',
    given: installation.answers,
    accept: (answers) => refuseIds(services, answers),
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
    const tasks = setups.flatMap(({ keys: copy, configuration }) => [copy, configuration]);
    const [isDue, stray] = await Promise.all([
      // Until all is answered the run does not get that far.
      isAnswered && worker.due(tasks),
      strayKeys(worker, onHost(added, worker), keys, installation),
    ]);
    return {
      isMember: inSwarm(membership, swarm),
      isDue,
      stray: stray.map((path) => `${worker.name}: ${path}`),
    };
  });
  const mustJoin = plans.some(({ isMember }) => !isMember);
  if (mustJoin) {
    const tried = await play('Try the ports between the nodes', manager, () =>
      portsOpen({
        from: hosts,
        to: hosts.map((host) => ({ host, address: host.vars.ip })),
        ports: swarmPorts(manager.name),
      }),
    );
    for (const { result, text } of tried) if (result !== 'open') warn(text);
    await play('Compare the clocks', manager, () => clocksAgree(hosts, { seconds: installation.clock_skew }));
  }
  const isChanging = mustJoin || compose.isDue || plans.some((plan) => plan.isDue);
  return {
    compose,
    keys,
    swarm,
    memberships: Object.fromEntries(looks.map(({ name, membership }) => [name, membership])),
    admin,
    answers,
    mustJoin,
    // Files that somebody has edited are as good a reason as those that are yet to be.
    isDue: isChanging || (await manager.due([stackDeploy(site.deploy)])),
    stray: plans.flatMap((plan) => plan.stray),
  };
}
