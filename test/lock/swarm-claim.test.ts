import t from 'tap';
import { createSwarmClaim } from '../../lib/swarm-claim.ts';
import { holderOf } from './holder-of.ts';
import { createMemorySwarm } from './memory-swarm.ts';

const { signal } = new AbortController();

t.test(
  'a run that takes one swarm through two managers at the same moment is not in its own way',
  async (t) => {
    const swarm = createMemorySwarm();
    const engine = (host: string) => ({ host, ask: swarm.host(host).door.ask });
    const warnings: string[] = [];
    const claimOf = (user: string) =>
      createSwarmClaim({ holder: holderOf(user), warn: (message) => warnings.push(message), signal });
    const claim = claimOf('ann');
    await Promise.all(['ha1', 'ha2', 'ha1'].map((host) => claim.take([engine(host)], 0)));
    t.equal(swarm.configs().length, 1);
    await t.rejects(claimOf('bob').take([engine('ha2')], 0), {
      code: 'locked',
      message: /swarm of ha2 is locked by ann/,
    });
    await claim.release();
    t.same([swarm.configs(), warnings], [[], []]);
  },
);
