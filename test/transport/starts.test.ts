import t from 'tap';
import { DabookError } from '../../lib/errors.ts';
import type { Try } from '../../lib/transport/ssh-socket.ts';
import { createStarts } from '../../lib/transport/starts.ts';

const dropped: Try<string> = {
  fault: new DabookError('unreachable', 'closed'),
  passing: true,
  dropped: true,
};

/** Starts that count how many are under way at once. */
function counted(most: number) {
  const starts = createStarts(most);
  const now = { all: 0, mostInAll: 0 };
  const run = (destination: string, result: () => Try<string> = () => ({ got: destination })) =>
    starts.run(destination, async () => {
      now.all += 1;
      now.mostInAll = Math.max(now.mostInAll, now.all);
      const settled = result();
      await new Promise((resolve) => setImmediate(resolve));
      now.all -= 1;
      return settled;
    });
  /** How many are under way at once when this many are asked for. */
  const widthOf = async (count: number, destinationOf: (index: number) => string) => {
    now.mostInAll = 0;
    await Promise.all(Array.from({ length: count }, (_, index) => run(destinationOf(index))));
    return now.mostInAll;
  };
  return { starts, now, run, widthOf };
}

t.test('limits in all and for one destination', async (t) => {
  const { starts, widthOf } = counted(30);
  t.equal(await widthOf(100, (index) => `host${index}`), 30);
  t.equal(await widthOf(100, () => 'host'), 8, 'less than the ten of MaxStartups');
  t.equal(starts.made, 200);
});

t.test('a limit gives way where a server drops starts, and comes back', async (t) => {
  const { starts, now, run, widthOf } = counted(30);
  await Promise.all(Array.from({ length: 30 }, (_, index) => run(`host${index}`, () => dropped)));
  t.equal(starts.made, 0);
  t.equal(await widthOf(16, (index) => `host${index}`), 15, 'halved once by all that were begun before');
  for (let round = 0; round < 9; round += 1) await run(`host${round}`, () => dropped);
  t.equal(await widthOf(4, (index) => `host${index}`), 4, 'some are left');
  await widthOf(800, (index) => `host${index}`);
  t.equal(await widthOf(100, (index) => `host${index}`), 30, 'with success it recovers');

  const atOne = Array.from({ length: 40 }, (_, index) =>
    run('host', () => (index < 8 ? dropped : { got: '' })),
  );
  await run('another');
  now.mostInAll = 0;
  await Promise.all(atOne.slice(0, 12));
  t.ok(now.mostInAll < 8, 'the limit of the one destination');
  await Promise.all(atOne);
  t.equal(now.all, 0);
});

/** A server that, like sshd, drops whatever comes while it has ten. */
t.test('whoever is dropped gets in later', async (t) => {
  const { starts, run, now } = counted(60);
  const login = async (name: string): Promise<number> => {
    for (let tries = 1; ; tries += 1) {
      const result = await run(name, () => (now.all > 10 ? dropped : { got: name }));
      if ('got' in result) return tries;
    }
  };
  const tries = await Promise.all(Array.from({ length: 300 }, (_, index) => login(`name${index}`)));
  t.equal(starts.made, 300);
  t.ok(tries.reduce((sum, one) => sum + one) < 600, 'and few are dropped');
});
