import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createLab } from './create-lab.ts';
import { installPackages } from './install-packages.ts';
import { type Lab, openLab } from './lab.ts';
import { folderOf, isUp, readRecord } from './lab-record.ts';
import { linkState } from './network.ts';
import { removeLab, removeOrphans } from './remove-lab.ts';
import { isRunning } from './running.ts';
import { underLock } from './under-lock.ts';
import { whyNot } from './why-not.ts';

const HELP = `npm run lab -- COMMAND

  up [n]          start n hosts (3), each a swarm of its own that runs its own stack; says so if they are up
  down            remove everything
  reset [i ...]   every host, or some, back to that starting state
  ssh i [cmd]     log in to host i, or run a command there
  cut i, heal i   take host i off the network, and put it back
  status          what there is
  install         only install the Debian packages that the lab needs

The lab's name is taken from this checkout's folder; DABOOK_LAB chooses another.`;

/** One lab a checkout, so that two checkouts do not meet. */
function defaultName(): string {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  return `main-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
}

/** @returns the exit status: 0, 1 for a lab that fails, 2 for a command that does not exist */
async function main(name: string, [command, ...rest]: readonly string[]): Promise<number> {
  const say = (line: string) => console.log(line);
  switch (command) {
    case 'up':
      return up(name, rest[0], say);
    case 'down':
      await removeOrphans();
      await underLock(name, () => removeLab(name));
      return 0;
    case 'install': {
      await installPackages(say);
      return 0;
    }
    case 'status':
      return status(name, say);
    case 'ssh': {
      const lab = opened(name);
      const host = lab.hosts[hostNumber(lab, rest[0]) - 1]?.name ?? '';
      return (
        spawnSync('ssh', ['-F', lab.sshConfigFile, host, ...rest.slice(1)], { stdio: 'inherit' }).status ?? 1
      );
    }
    case 'cut':
    case 'heal': {
      const lab = opened(name);
      await lab[command](hostNumber(lab, rest[0]));
      return 0;
    }
    case 'reset': {
      const lab = opened(name);
      await lab.reset(rest.length === 0 ? undefined : rest.map((text) => hostNumber(lab, text)));
      return 0;
    }
    default:
      say(HELP);
      return command === undefined || command === 'help' || command === '--help' ? 0 : 2;
  }
}

async function up(name: string, text: string | undefined, say: (line: string) => void): Promise<number> {
  const reason = await whyNot();
  if (reason !== undefined) throw new Error(`the lab cannot run here: ${reason}`);
  const before = openLab(name);
  const hosts = Number(text ?? before?.hosts.length ?? 3);
  if (before !== undefined && before.hosts.length !== hosts) {
    throw new Error(`the lab is up with ${before.hosts.length} hosts; "down" comes before "up ${hosts}"`);
  }
  const lab = before ?? (await createLab({ name, hosts, keep: true, tell: say }));
  describe(lab, say);
  return 0;
}

function describe(lab: Lab, say: (line: string) => void): void {
  for (const { name, address, services } of lab.hosts) say(`${name}  ${address}  ${services.join(' ')}`);
  say(`inventory    ${lab.inventoryFile}`);
  say(`known_hosts  ${lab.knownHostsFile}`);
  say(`ssh          ssh -F ${lab.sshConfigFile} ${lab.hosts[0]?.name}`);
  say(`users        deploy: key; admin: key or password, which sudo asks for and ${lab.passwordFile} holds`);
}

async function status(name: string, say: (line: string) => void): Promise<number> {
  const record = readRecord(name);
  if (record === undefined) {
    say('down');
    return 1;
  }
  say(isUp(record) ? 'up' : `not whole: "up" makes it anew. Logs are in ${folderOf(name)}`);
  for (const host of record.hosts) {
    const runs = isRunning(host.process);
    const link = runs && isRunning(record.hub) ? await linkState(record.hub.pid, host.name) : 'none';
    say(`${host.name}  ${runs ? 'runs' : 'ended'}  network ${link}`);
  }
  const lab = openLab(name);
  if (lab !== undefined) describe(lab, say);
  return lab === undefined ? 1 : 0;
}

function opened(name: string): Lab {
  const lab = openLab(name);
  if (lab === undefined) throw new Error('the lab is not up: npm run lab -- up');
  return lab;
}

function hostNumber(lab: Lab, text: string | undefined): number {
  const number = Number((text ?? '').replace(/^ha/, ''));
  if (lab.hosts[number - 1] !== undefined) return number;
  throw new Error(`which host? 1 to ${lab.hosts.length}, not ${text === undefined ? 'none' : `"${text}"`}`);
}

// What reads the output may stop reading it, as `head` does.
process.stdout.on('error', () => undefined);
process.exitCode = await main(process.env.DABOOK_LAB ?? defaultName(), process.argv.slice(2)).catch(
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  },
);
