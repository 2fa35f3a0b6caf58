import { randomBytes } from 'node:crypto';
import { installPackages } from './install-packages.ts';
import { type Lab, openLab } from './lab.ts';
import { isUp, type LabRecord, makeFolder, readRecord, writeRecord } from './lab-record.ts';
import { addressOf, plugIn } from './network.ts';
import { placement } from './placement.ts';
import { removeLab, removeOrphans } from './remove-lab.ts';
import { isRunning, type Running, running } from './running.ts';
import { startApart } from './start-apart.ts';
import { startHosts } from './start-hosts.ts';
import { underLock } from './under-lock.ts';
import { whyNot } from './why-not.ts';
import { writeFiles } from './write-files.ts';

export interface CreateLabOptions {
  /** 3 by default, 100 at most. */
  readonly hosts?: number;
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
 * @throws Error where the lab cannot run here, where one of that name is up, and where a host does not start
 * @example
 * const lab = await createLab({ hosts: 2 })
 * t.teardown(() => lab.down())
 * await lab.ssh(1, 'sudo docker node ls')
 */
export async function createLab(options: CreateLabOptions = {}): Promise<Lab> {
  const {
    hosts = 3,
    name = `test-${randomBytes(5).toString('hex')}`,
    keep = false,
    tell = () => undefined,
  } = options;
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > 100) {
    throw new Error(`a lab has 1 to 100 hosts, not ${hosts}`);
  }
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
      await build(name, hosts, keep ? undefined : running(process.pid));
    } catch (error) {
      await removeLab(name);
      throw error;
    }
    return openLab(name) ?? Promise.reject(new Error(`lab ${name} ended as soon as it was up`));
  });
}

async function build(name: string, count: number, owner: Running | undefined): Promise<void> {
  const folder = makeFolder(name);
  const secret = () => `${randomBytes(48).toString('base64')}\n`;
  const hosts = Array.from({ length: count }, (_, index) => ({
    name: `ha${index + 1}`,
    keys: { internal: secret(), shared: secret() },
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
  const carried = placement(count);
  const { subnet = 0 } = record;
  await writeFiles(
    folder,
    hosts.map((host, index) => ({
      ...host,
      address: addressOf(subnet, 11 + index),
      services: carried[index] ?? [],
    })),
  );
  await startHosts(name, [...hosts.keys()]);
}
