import { homedir } from 'node:os';
import type { Inventory, InventoryHost } from '../../../lib/inventory/inventory.ts';
import type { Session, Target } from '../../../lib/transport/session.ts';
import { createSshTransport } from '../../../lib/transport/ssh.ts';

/** A host of the soak. */
export interface SoakHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** The folder that is its own. */
  readonly place: string;
  /** Seconds; 10 by default. */
  readonly connectTimeout?: number;
}

/** An inventory of one group, `fleet`. */
export function inventoryOf(fleet: readonly SoakHost[]): Inventory {
  const origin = () => undefined;
  const hosts = fleet.map(
    ({ name, address, port, place, connectTimeout }): InventoryHost => ({
      name,
      groups: ['all', 'fleet'],
      vars: { place },
      origin,
      become: false,
      target: { name, address, port, user: 'root', connection: 'ssh', connectTimeout },
    }),
  );
  const names = hosts.map(({ name }) => name);
  const group = (name: string, children: string[]) => ({ name, children, hosts: names, vars: {}, origin });
  return {
    hosts,
    groups: new Map([group('all', ['fleet']), group('fleet', [])].map((one) => [one.name, one])),
  };
}

/** A transport with the settings of the command line. */
export function reachBySsh(): (target: Target) => Promise<Session> {
  return createSshTransport({ home: homedir(), user: 'root' }).connect;
}
