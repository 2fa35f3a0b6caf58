import { messageOf } from '../errors.ts';
import type { Inventory, InventoryHost } from '../inventory/inventory.ts';
import { selectHosts } from '../inventory/select-hosts.ts';
import { breakSwarmLock, readSwarmLock, type SeenLock } from '../lock/inspect-swarm-lock.ts';
import { showHolder } from '../lock/lock-holder.ts';
import { readLockNote } from '../lock/lock-place.ts';
import { breakLock, lookAtLock } from '../lock/look-at-lock.ts';
import { findSwarmDoor, type SwarmDoor } from '../lock/swarm-door.ts';
import { createRedactor } from '../redact.ts';
import type { Session } from '../transport/session.ts';
import { visible } from '../visible.ts';
import { connector } from './connector.ts';
import { exitStatus, type Io } from './io.ts';
import { lockHolder } from './lock-holder.ts';
import { readInventory } from './read-inventory.ts';
import { readNeededSecrets } from './read-needed-secrets.ts';
import { secretKeys } from './secret-keys.ts';
import type { SecretFlags } from './secret-options.ts';
import { withCache } from './with-cache.ts';
import { type PasswordFlags, withPasswords } from './with-passwords.ts';

/** The options of `dabook lock`, as they were given. */
export interface LockFlags extends SecretFlags, PasswordFlags {
  readonly inventory: readonly string[];
  readonly limit?: string;
  readonly user?: string;
  readonly privateKey?: string;
  readonly become?: true;
}

/** What became of one lock: a line, and whether it is held still. */
interface Told {
  readonly line: string;
  readonly isHeld: boolean;
  readonly isFailure?: boolean;
}

/**
 * Shows the locks of hosts and of the swarms that they manage, or releases them.
 * @returns the exit status
 * @throws DabookError with all that is wrong with the input, before anything is connected to
 */
export async function showLocks(io: Io, what: 'status' | 'release', flags: LockFlags): Promise<number> {
  const keys = secretKeys(io, flags);
  const inventory = await withCache(io, (cache) => readInventory(io, { ...flags, keys }, cache));
  const hosts = selectHosts(inventory, flags.limit ?? 'all');
  const needed = hosts.map(({ target }) => target);
  await readNeededSecrets(io, needed, keys);
  const asked = hostsOf(await withPasswords(io, inventory, flags), hosts);
  const redactor = createRedactor();
  redactor.learn(asked.map(({ target }) => target));
  const connect = connector(
    io,
    inventory.hosts.map(({ target }) => target),
  );
  const doors: SwarmDoor[] = [];
  const sessions: Session[] = [];
  const told: Told[] = [];

  async function ofHost({ name, target, become }: InventoryHost): Promise<Told> {
    try {
      const session = await connect(target);
      sessions.push(session);
      const script = what === 'release' ? breakLock : lookAtLock;
      const { stdout, stderr } = await session.exec(script.text, { become });
      const ask = (request: Parameters<Session['docker']>[0]) => session.docker(request, { become });
      const door = await findSwarmDoor(name, ask).catch(messageOf);
      if (typeof door === 'object') doors.push(door);
      const told = hostLine(name, stdout.toString().trim() || `odd ${stderr.toString().trim()}`);
      const isUntold = typeof door === 'string' && /may not use/.test(door);
      return isUntold ? { ...told, line: `${told.line}; its swarm only root can be asked for (-b)` } : told;
    } catch (error) {
      return { line: `${name}  ${messageOf(error)}`, isHeld: false, isFailure: true };
    }
  }

  try {
    told.push(...(await Promise.all(asked.map(ofHost))));
    const swarms = [...new Set(doors.map(({ swarm }) => swarm))].sort();
    for (const swarm of swarms) {
      const into = doors.filter((door) => door.swarm === swarm);
      told.push(await ofSwarm(io, what, into));
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
  for (const { line } of told) io.stdout.write(`${visible(redactor.text(line))}\n`);
  if (told.some(({ isFailure }) => isFailure)) return exitStatus.unreachable;
  return told.some(({ isHeld }) => isHeld) ? exitStatus.locked : exitStatus.ok;
}

function hostsOf(inventory: Inventory, chosen: readonly InventoryHost[]): readonly InventoryHost[] {
  const names = new Set(chosen.map(({ name }) => name));
  return inventory.hosts.filter(({ name }) => names.has(name));
}

function hostLine(name: string, said: string): Told {
  const [word = '', ...rest] = said.split(' ');
  const who = () => readLockNote(rest.join(' ')).holder;
  switch (word) {
    case 'free':
      return { line: `${name}  free`, isHeld: false };
    case 'held':
      return { line: `${name}  locked by ${who()}`, isHeld: true };
    case 'released':
      return { line: `${name}  released: it was locked by ${who()}`, isHeld: false };
    case 'kept':
      return { line: `${name}  still locked, by another user's process (try -b): ${who()}`, isHeld: true };
    default:
      return { line: `${name}  ${rest.join(' ')}`, isHeld: false, isFailure: true };
  }
}

async function ofSwarm(io: Io, what: 'status' | 'release', doors: readonly SwarmDoor[]): Promise<Told> {
  const name = `swarm of ${doors.map(({ host }) => host).join(', ')}`;
  try {
    const seen = await readSwarmLock(doors);
    if (seen === undefined) return { line: `${name}  free`, isHeld: false };
    if (what === 'status') return { line: `${name}  locked by ${whoOf(seen)}`, isHeld: true };
    const by = showHolder(lockHolder(io, 'release', 'dabook lock release'));
    await breakSwarmLock(doors, seen, { by });
    return { line: `${name}  released: it was locked by ${whoOf(seen)}`, isHeld: false };
  } catch (error) {
    return { line: `${name}  ${messageOf(error)}`, isHeld: false, isFailure: true };
  }
}

function whoOf({ holder, brokenBy }: SeenLock): string {
  const who = holder === undefined ? 'something that dabook did not make' : showHolder(holder);
  return brokenBy === undefined ? who : `${who}; broken by ${brokenBy}`;
}
