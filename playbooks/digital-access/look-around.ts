import type { Host, Play } from 'dabook';
import {
  type GateAnswersArgs,
  type GateState,
  gateAnswers,
  isSwarm,
  type Membership,
  type Swarm,
  type SwarmHoldings,
  swarmHoldings,
  swarmMembership,
} from 'dabook/tasks';
import { adminQuestions } from './admin-form.ts';
import { atOnce } from './at-once.ts';
import { checkAccount } from './check-account.ts';
import { type ComposeTexts, composeTextsOf } from './compose-texts.ts';
import { findKeys, type Keys } from './copy-service-keys.ts';
import { refuseIds } from './ids.ts';
import { answersFile, type Node } from './installation.ts';
import { keptSwarm } from './kept-swarm.ts';
import { findFiles, type ServiceFiles } from './service-setup.ts';
import { onHost, type Site } from './site.ts';
import { takenIds } from './taken-ids.ts';

/** What is found on a node. */
export interface NodeLook {
  readonly name: string;
  readonly membership: Membership;
  /** What its swarm holds beside the installation's stack; of workers that manage one, while that has a leader. */
  readonly holdings: SwarmHoldings | undefined;
  /** Its compose files, where it has all of them. */
  readonly texts: ComposeTexts | undefined;
  /** The files of the services that it carries for others. */
  readonly files: readonly ServiceFiles[];
}

/** What else is found on the manager, be it within `--limit` or not. */
export interface ManagerLook {
  readonly membership: Membership;
  readonly swarm: Swarm;
  readonly keys: Keys;
  /** What is asked of the administration page, and which of its answers hold. */
  readonly asked: GateAnswersArgs;
  /** What the administration page gave, as far as it is known. */
  readonly answers: GateState['answers'];
}

/**
 * Reads what can be read of the nodes knowing nothing but the inventory: all of it at once.
 * @throws DabookError `refused` for what no installation begins with
 */
export async function lookAround(
  site: Site,
  play: Play,
): Promise<{ readonly looks: readonly NodeLook[]; readonly own: ManagerLook }> {
  const [own, looks] = await atOnce([
    play('Look at the manager', site.manager, (host) => lookAtManager(host, site)),
    play('Look at the nodes', site.hosts, (host) => lookAtNode(host, site)),
  ]);
  return { own, looks };
}

async function lookAtManager(manager: Host<Node>, site: Site): Promise<ManagerLook> {
  const { installation, services, added } = site;
  const membership = manager.read(swarmMembership);
  const [found, swarm, keys, taken] = await atOnce([
    membership,
    membership.then((found) => keptSwarm(manager, found, installation)),
    findKeys(manager, site),
    takenIds(manager, site),
  ]);
  const asked: GateAnswersArgs = {
    questions: adminQuestions(added),
    variable: 'answers',
    given: installation.answers,
    accept: (answers) => refuseIds(services, answers, taken),
    keep: { path: answersFile(installation) },
  };
  const { answers } = await manager.read(gateAnswers(asked));
  return { membership: found, swarm, keys, asked, answers };
}

async function lookAtNode(host: Host<Node>, site: Site): Promise<NodeLook> {
  const { installation, services, added } = site;
  const membership = host.read(swarmMembership);
  const [found, holdings, texts, files] = await atOnce([
    membership,
    // Of a swarm without a leader it cannot be seen; that is refused further down, with what can be done.
    membership.then((found) =>
      host.name !== site.manager.name && isSwarm(found)
        ? host.read(swarmHoldings(installation.stack))
        : undefined,
    ),
    composeTextsOf(host, installation),
    findFiles(host, onHost(added, host), site),
    checkAccount(host, onHost(services, host), installation),
  ]);
  return { name: host.name, membership: found, holdings, texts, files };
}
