import t from 'tap';
import type { SwarmLock } from '../../lib/lock/held-lock.ts';
import { breakSwarmLock, readSwarmLock } from '../../lib/lock/inspect-swarm-lock.ts';
import { systemClock } from '../../lib/lock/lock-clock.ts';
import { findSwarmDoor, type SwarmDoor } from '../../lib/lock/swarm-door.ts';
import { type Acquired, createSwarmLocking } from '../../lib/lock/swarm-lock.ts';
import type { DockerRequest, Session } from '../../lib/transport/session.ts';
import { createSshTransport } from '../../lib/transport/ssh.ts';
import { createLab } from '../lab/create-lab.ts';
import { skipWithoutLab } from '../lab/skip-without-lab.ts';
import { holderOf } from './holder-of.ts';

const skip = await skipWithoutLab();

const asker = (session: Session) => (request: DockerRequest) => session.docker(request, { become: true });

async function doorOf(session: Session, host: string): Promise<SwarmDoor> {
  const door = await findSwarmDoor(host, asker(session));
  if (door === undefined) throw new Error(`${host} manages no swarm`);
  return door;
}

async function held(trying: Promise<Acquired>): Promise<SwarmLock> {
  const acquired = await trying;
  if (acquired.outcome !== 'held') throw new Error(`it is ${acquired.outcome}, not held`);
  return acquired.lock;
}

t.test('the lock of a swarm, through two of its managers', { skip }, async (t) => {
  const lab = await createLab({ hosts: 2 });
  t.teardown(() => lab.down());
  const { connect } = createSshTransport({ home: lab.dir, user: 'deploy', configFile: lab.sshConfigFile });
  const sessionTo = async (name: string) => {
    const session = await connect({ name, connection: 'ssh', address: name });
    t.teardown(() => session.close());
    return session;
  };
  // A connection of its own for each run, as they have.
  const [first, second] = [await sessionTo('ha1'), await sessionTo('ha2')];
  const token = (await lab.root(1, 'docker swarm join-token -q manager').text()).trim();
  const address = lab.hosts[0]?.address ?? '';
  await lab.root(2, `docker swarm leave --force && docker swarm join --token ${token} ${address}:2377`);
  const one = await doorOf(first, 'ha1');
  const two = await doorOf(second, 'ha2');
  t.equal(one.swarm, two.swarm);
  t.not(one.node, two.node);

  const lost: string[] = [];
  const runOf = (user: string, doors: readonly SwarmDoor[], lease = 6) =>
    createSwarmLocking({
      doors,
      holder: holderOf(user),
      lease,
      onLost: (reason) => lost.push(`${user}: ${reason}`),
    });
  const configs = async () =>
    (await lab.root(1, `docker config ls --format '{{.Name}}'`).lines()).filter((line) => line !== '');

  await t.test('what the Engine answers to who comes too late', async (t) => {
    const call = async (door: SwarmDoor, method: DockerRequest['method'], path: string, body?: object) => {
      const answer = await door.ask({ method, path, body: body && JSON.stringify(body) });
      const text = answer.body.toString();
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    };
    const spec = { Name: 'test', Labels: { a: '1' }, Data: 'eA==' };
    const made = await call(one, 'POST', '/configs/create', spec);
    t.equal(made.status, 201);
    const path = `/configs/${made.body.ID}`;
    t.match(await call(two, 'POST', '/configs/create', spec), {
      status: 409,
      body: { message: /already exists/ },
    });
    const read = await call(two, 'GET', '/configs/test');
    t.match(read, { status: 200, body: { ID: made.body.ID, Spec: { Labels: { a: '1' } } } });
    const update = `${path}/update?version=${read.body.Version.Index}`;
    const change = { Name: 'test', Labels: { a: '2' } };
    t.match(await call(two, 'POST', update, change), { status: 200 });
    t.match(await call(one, 'POST', update, change), {
      status: 500,
      body: { message: /update out of sequence/ },
    });
    const after = await call(one, 'GET', path);
    t.ok(after.body.Version.Index > read.body.Version.Index);
    t.match(await call(two, 'DELETE', path), { status: 204 });
    for (const door of [one, two]) {
      t.match(await call(door, 'DELETE', path), { status: 404 });
      t.match(await call(door, 'POST', update, change), { status: 404 });
      t.match(await call(door, 'GET', path), { status: 404 });
    }
  });

  await t.test('of many at once one gets it; the next one when it is released', async (t) => {
    const runs = ['ann', 'bob', 'cat', 'dan'].map((user, index) => runOf(user, [index % 2 ? one : two]));
    const all = await Promise.all(runs.map((run) => run.tryAcquire()));
    const winners = all.flatMap((acquired) => (acquired.outcome === 'held' ? acquired.lock : []));
    t.equal(winners.length, 1);
    t.equal(all.filter(({ outcome }) => outcome === 'taken').length, 3);
    t.same(await configs(), ['dabook.lock']);
    const labels = await lab
      .root(1, `docker config inspect dabook.lock -f '{{json .Spec.Labels}}'`)
      .json<Record<string, string>>();
    t.match(labels, { 'dabook.lock.from': 'desk', 'dabook.lock.state': 'held' });

    const waiting = runOf('eve', [one]).acquire({ timeout: 60 });
    // Longer than a lease and its margin: it is the renewals that keep it.
    await systemClock.sleep(9000, { keep: true });
    t.equal(winners[0]?.state(), 'held');
    t.ok(winners[0]?.isFresh() || (await winners[0]?.confirm()) === 'held');
    await winners[0]?.release();
    const next = await held(waiting);
    t.match(await readSwarmLock([two]), { holder: { user: 'eve' } });
    await next.release();
    t.same(await configs(), []);
    t.same(lost, []);
  });

  await t.test('a crashed holder; and one whom it is taken from by hand', async (t) => {
    let isCut = false;
    const ask: SwarmDoor['ask'] = (request) => (isCut ? new Promise(() => {}) : one.ask(request));
    const crashed = await held(runOf('ann', [{ ...one, ask }]).tryAcquire());
    isCut = true;
    const lock = await held(runOf('bob', [two]).acquire({ timeout: 60 }));
    t.notOk(crashed.isFresh());
    isCut = false;
    await t.rejects(crashed.confirm(), { code: 'locked' });
    t.same(lost, ['ann: somebody removed it']);
    t.equal(await lock.confirm(), 'held');

    const seen = await readSwarmLock([one]);
    t.match(seen, { holder: { user: 'bob' }, lease: 6 });
    if (seen === undefined) return;
    t.equal(await breakSwarmLock([one], seen, { by: 'eve' }), true);
    await t.rejects(lock.confirm(), { code: 'locked' });
    t.equal(lost.length, 2);
    t.same(await configs(), []);
  });

  await t.test('a manager is demoted, then the swarm dissolved, while it is locked', async (t) => {
    const lock = await held(runOf('ann', [two, one], 30).tryAcquire());
    await lab.root(1, 'docker node demote ha2');
    // While it is being demoted it says that it manages a swarm, and cannot answer for it.
    const isManager = () =>
      findSwarmDoor('ha2', two.ask).then(
        (door) => door !== undefined,
        () => true,
      );
    while (await isManager()) await systemClock.sleep(200, { keep: true });
    t.equal(await lock.confirm(), 'held');
    const { status } = await two.ask({ method: 'GET', path: '/configs/dabook.lock' });
    t.equal(status, 503);

    await lab.root(2, 'docker swarm leave');
    t.equal(await lock.confirm(), 'held');
    await lab.root(1, 'docker swarm leave --force');
    t.equal(await lock.confirm(), 'gone');
    await lab.root(1, `docker swarm init --advertise-addr ${address}`);
    t.equal(await lock.confirm(), 'gone', 'another swarm');
    await lock.release();
    const anew = await doorOf(first, 'ha1');
    t.not(anew.swarm, one.swarm);
    t.same(await configs(), []);
    t.equal(lost.length, 2);
  });
});
