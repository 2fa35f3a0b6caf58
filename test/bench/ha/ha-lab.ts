import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLab } from '../../lab/create-lab.ts';
import type { Lab } from '../../lab/lab.ts';
import { environment, sh } from '../../lab/shell.ts';
import type { Measured } from '../define-case.ts';
import { ansibleEnvironment, dabook } from '../tools.ts';
import { installModules } from './install-modules.ts';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Seconds that a service must have been running for to count as up. */
const stableFor = 3;
/** What the administration page gave. */
const answers = { policy1: 11, authentication1: 12, distribution1: 13, 'access-point': 14, done: true };

/** The lab of three hosts, and the ways to do the job on it. */
export interface HaLab {
  readonly lab: Lab;
  /** All hosts back to their separate installations. Takes seconds. */
  reset(): Promise<void>;
  /** `playbooks/ha.ts`, as an operator runs it. */
  dabook(measured: Measured): Promise<void>;
  ansible(measured: Measured): Promise<void>;
  mitogen(measured: Measured): Promise<void>;
  /** Opens the connections that `byHand` goes over; the next `reset` closes them. */
  connect(): Promise<void>;
  byHand(measured: Measured): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes the lab and takes it the whole way once, for what the others are given: Ansible the complete compose files,
 * the way by hand all files.
 * @param folder a new empty one
 */
export async function createHaLab(
  folder: string,
  tell: (line: string) => void = () => undefined,
): Promise<HaLab> {
  await installModules(tell);
  let disconnect = async () => {};
  const lab = await createLab({ hosts: 3 });
  try {
    await Promise.all(['run', 'files', 'compose'].map((name) => mkdir(`${folder}/${name}`)));
    await writeFile(`${folder}/answers.yml`, JSON.stringify({ answers }));
    const way: HaLab = {
      lab,
      reset: async () => {
        await disconnect();
        await lab.reset();
        // Each run backs up what it is about to change.
        await rm(`${folder}/run`, { recursive: true });
        await mkdir(`${folder}/run`);
      },
      dabook: async (measured) => {
        const more = ['-e', `stable_for=${stableFor}`, '-e', `@${folder}/answers.yml`];
        const playbook = place('../../../playbooks/ha.ts');
        await measured([...dabook, 'run', playbook, '-i', lab.inventoryFile, '--yes', ...more], {
          cwd: `${folder}/run`,
        });
      },
      ansible: (measured) => ansible('linear', lab, folder, measured),
      mitogen: (measured) => ansible('mitogen_linear', lab, folder, measured),
      connect: async () => {
        disconnect = await connect(lab, folder);
      },
      byHand: async (measured) => {
        const config = `${folder}/ssh_config`;
        await measured(['sh', place('by-hand.sh'), config, `${folder}/files`, String(stableFor)]);
      },
      close: async () => {
        await disconnect();
        await lab.down();
      },
    };
    await way.dabook(plainly);
    await Promise.all(lab.hosts.map(({ name }) => keep(lab, name, folder)));
    return way;
  } catch (error) {
    await lab.down();
    throw error;
  }
}

async function ansible(
  strategy: 'linear' | 'mitogen_linear',
  lab: Lab,
  folder: string,
  measured: Measured,
): Promise<void> {
  const inventories = ['-i', lab.inventoryFile, '-i', place('ansible/inventory.yml')];
  const settings = JSON.stringify({ compose: `${folder}/compose`, stable_for: stableFor });
  await measured(['ansible-playbook', ...inventories, '-e', settings, place('ansible/ha.yml')], {
    env: ansibleEnvironment({ strategy, forks: lab.hosts.length }),
  });
}

/** A command that is not measured. */
const plainly: Measured = async ([program, ...args], { cwd, env } = {}) => {
  const shell = sh({
    env: { ...environment, HOME: process.env.HOME ?? '/', ...env },
    ...(cwd ? { cwd } : {}),
  });
  await shell`${[program, ...args]}`;
  return undefined as never;
};

/** Keeps what a host has when the way is done. */
async function keep(lab: Lab, name: string, folder: string): Promise<void> {
  const number = lab.hosts.findIndex((host) => host.name === name) + 1;
  const archive = await lab.root(number, 'tar -cf - -C /opt/nexus . | base64 -w0').text();
  await writeFile(`${folder}/files/${name}.tar`, Buffer.from(archive, 'base64'));
  if (number === 1)
    await sh`tar -xf ${folder}/files/${name}.tar -C ${folder}/compose --strip-components=2 ./docker-compose`;
}

async function connect(lab: Lab, folder: string): Promise<() => Promise<void>> {
  const socket = (name: string) => `${folder}/${name}.sock`;
  const own = lab.hosts.map(({ name }) => `Host ${name}\n  ControlPath ${socket(name)}\n`).join('');
  await writeFile(`${folder}/ssh_config`, `${own}${await readFile(lab.sshConfigFile, 'utf8')}`);
  const masters = lab.hosts.map(({ name }) =>
    spawn('ssh', ['-F', `${folder}/ssh_config`, '-M', '-N', name], { env: environment, stdio: 'ignore' }),
  );
  const closed = masters.map((master) => new Promise((resolve) => master.once('close', resolve)));
  const close = async () => {
    for (const master of masters) master.kill();
    await Promise.all(closed);
  };
  for (const [index, { name }] of lab.hosts.entries()) {
    while (!existsSync(socket(name))) {
      if (isEnded(masters[index])) throw new Error(`no connection to ${name}`);
      await sleep(50);
    }
  }
  return close;
}

function isEnded(child: ChildProcess | undefined): boolean {
  return child === undefined || child.exitCode !== null || child.signalCode !== null;
}
