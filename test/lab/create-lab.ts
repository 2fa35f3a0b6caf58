import { randomBytes } from 'node:crypto';
import { canary } from '../canary/canary.ts';
import { RELEASES, type Release } from './images.ts';
import { installPackages } from './install-packages.ts';
import { type Lab, openLab } from './lab.ts';
import { isUp, type LabRecord, makeFolder, readRecord, writeRecord } from './lab-record.ts';
import { addressOf, plugIn } from './network.ts';
import { placement, serviceOf } from './placement.ts';
import { removeLab, removeOrphans } from './remove-lab.ts';
import { isRunning, type Running, running } from './running.ts';
import { startApart } from './start-apart.ts';
import { startHosts } from './start-hosts.ts';
import { underLock } from './under-lock.ts';
import { whyNot } from './why-not.ts';
import { writeFiles } from './write-files.ts';

export interface CreateLabOptions {
  /** 3 by default, or as many as `services` tells of; 100 at most. */
  readonly hosts?: number;
  /** Which services each host shall carry once high availability is set up; the first is the manager. */
  readonly services?: readonly (readonly string[])[];
  /** The version of the product that runs at the start; 6.0.5 by default. */
  readonly version?: Release;
  /** Whom the product's files belong to and its containers run as; 1003 by default, as it is from 6.2 on. */
  readonly uid?: number;
  /** Letters, digits and dashes; a new one for each lab by default. */
  readonly name?: string;
  /** Stay when this process ends, until `down`. Otherwise the next lab's start removes it. */
  readonly keep?: boolean;
  /** Is given a line when something takes time. */
  readonly tell?: (line: string) => void;
}

/**
 * Makes a lab of real hosts, each with its own root file system, address, sshd and dockerd, in the procedure's
 * starting state. What a killed run left under the same name is removed first, and so is any lab whose owner
 * has ended. If making it fails, nothing of it stays.
 * @throws Error where the lab cannot run here, where one of that name is up, for a service that is none of the
 * product's, and where a host does not start
 * @example
 * const lab = await createLab({ hosts: 2 })
 * t.teardown(() => lab.down())
 * await lab.ssh(1, 'sudo docker node ls')
 */
export async function createLab(options: CreateLabOptions = {}): Promise<Lab> {
  const {
    hosts = options.services?.length ?? 3,
    version = '6.0.5',
    uid = 1003,
    name = `test-${randomBytes(5).toString('hex')}`,
    keep = false,
    tell = () => undefined,
  } = options;
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 100) {
    throw new Error(`a lab has 1 to 100 hosts, not ${hosts}`);
  }
  const carried = options.services ?? placement(hosts);
  if (carried.length !== hosts) {
    throw new Error(`services are given for ${carried.length} of ${hosts} hosts`);
  }
  // Names that are none of the product's are refused before anything is made.
  for (const service of carried.flat()) serviceOf(service);
  const reason = await whyNot();
  if (reason !== undefined) throw new Error(`the lab cannot run here: ${reason}`);
  await installPackages(tell);
  await removeOrphans();
  return underLock(name, async () => {
    const before = readRecord(name);
    if (isUp(before) && (before.owner === undefined || isRunning(before.owner))) {
      throw new Error(`a lab named ${name} is up already: take it down, or choose another name`);
    }
    await removeLab(name);
    tell(`Starting ${hosts} hosts`);
    try {
      await build({
        name,
        carried,
        tag: RELEASES[version],
        uid,
        owner: keep ? undefined : running(process.pid),
      });
    } catch (error) {
      await removeLab(name);
      throw error;
    }
    return openLab(name) ?? Promise.reject(new Error(`lab ${name} ended as soon as it was up`));
  });
}

interface Building {
  readonly name: string;
  readonly carried: readonly (readonly string[])[];
  readonly tag: string;
  readonly uid: number;
  /** The process that the lab goes with. */
  readonly owner: Running | undefined;
}

async function build({ name, carried, tag, uid, owner }: Building): Promise<void> {
  const folder = makeFolder(name);
  const hosts = carried.map((services, index) => ({
    name: `ha${index + 1}`,
    services,
    keys: { internal: `${canary('internal key')}\n`, shared: `${canary('shared key')}\n` },
  }));
  let record: LabRecord = writeRecord({ name, owner, hosts, ready: false });
  const update = (change: Partial<LabRecord>) => {
    record = writeRecord({ ...record, ...change });
  };
  const hold = ['sh', '-c', 'read -r word && exec sleep infinity'];
  await startApart(
    ['--net'],
    hold,
    `${folder}/hub.log`,
    (hub) => update({ hub }),
    async (hub) => update({ subnet: await plugIn(hub) }),
  );
  const { subnet = 0 } = record;
  const placed = hosts.map((host, index) => ({ ...host, address: addressOf(subnet, 11 + index) }));
  await writeFiles({ folder, hosts: placed, tag, uid });
  await startHosts(name, [...hosts.keys()]);
}
