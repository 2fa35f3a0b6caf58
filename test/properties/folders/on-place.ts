import type { Host } from '../../../lib/host.ts';
import { createLocalTransport } from '../../../lib/transport/local.ts';
import type { Place } from '../../tasks/prefix/place.ts';
import { onHosts, type Told } from '../../tasks/rig.ts';

/** This machine as a host, and a place on it. */
export interface OnPlace {
  readonly at: Place;
  /** Works on it by the real engine. */
  run<R>(work: (host: Host) => Promise<R>, options?: { readonly check?: boolean }): Promise<Told<R>>;
  end(): Promise<void>;
}

/** One shell serves all runs: to start one takes longer than most tasks. */
export async function createOnPlace(at: Place): Promise<OnPlace> {
  const target = { name: 'here', connection: 'local', address: 'localhost' } as const;
  const env = { ...process.env, TMPDIR: at.temporary };
  const session = await createLocalTransport({ user: 'me', env }).connect(target);
  const rig = {
    targets: [target],
    become: false,
    connect: async () => ({ ...session, close: async () => {} }),
  };
  return {
    at,
    run: (work, options) => onHosts(rig, ([host]) => work(host), options),
    end: () => session.close(),
  };
}
