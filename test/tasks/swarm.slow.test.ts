import t, { type Test } from 'tap';
import { equal } from '../../lib/equal.ts';
import { foresee } from '../../lib/foresee.ts';
import { isKnown, secret, show, unknown } from '../../lib/index.ts';
import { showStep } from '../../lib/show-step.ts';
import type { Step } from '../../lib/step.ts';
import type { Task } from '../../lib/task.ts';
import {
  findNode,
  inSwarm,
  type LabelNodeArgs,
  labelNode,
  type Membership,
  type NodeAvailabilityArgs,
  type NodeSpec,
  nodeAvailability,
  nodeRemove,
  nodeSpec,
  nodes,
  type Swarm,
  type SwarmJoinArgs,
  type SwarmNode,
  staleTwins,
  swarmHoldings,
  swarmInit,
  swarmJoin,
  swarmLeave,
  swarmMembership,
} from '../../lib/tasks/swarm/index.ts';
import { joinState, membershipSince } from '../../lib/tasks/swarm/membership-since.ts';
import { canary } from '../canary/canary.ts';
import { askEngine } from './rig.ts';

const node = (id: string, more: Partial<SwarmNode> = {}): SwarmNode => ({
  id,
  hostname: id,
  address: `10.0.0.${id.length}`,
  role: 'worker',
  state: 'ready',
  availability: 'active',
  labels: {},
  version: 7,
  ...more,
});
const manager = (id: string, more: Partial<SwarmNode> = {}, reachable = true): SwarmNode =>
  node(id, {
    role: 'manager',
    manager: { address: `10.0.0.${id.length}:2377`, reachable, leader: false },
    ...more,
  });

const joinTokens = { Worker: canary('worker join token'), Manager: canary('manager join token') };
/** The swarm of `m` (at 10.0.0.1) and `ww` (at 10.0.0.2), as `m` knows it. */
const swarm: Swarm = {
  state: 'active',
  role: 'manager',
  nodeId: 'm',
  managers: [{ nodeId: 'm', address: '10.0.0.1:2377' }],
  clusterId: 'cluster',
  address: '10.0.0.1:2377',
  tokens: {
    worker: secret('worker join token', joinTokens.Worker),
    manager: secret('manager join token', joinTokens.Manager),
  },
  nodes: [manager('m'), node('ww')],
};
const inactive: Membership = { state: 'inactive', managers: [] };
const worker: Membership = { state: 'active', role: 'worker', nodeId: 'ww', managers: swarm.managers };
const others = [{ nodeId: 'x', address: '10.9.9.9:2377' }];
/** A manager, as it sees its own swarm of these nodes; it is the first of them. */
const managing = (...all: readonly SwarmNode[]): Membership => ({
  ...swarm,
  clusterId: 'another',
  nodeId: all[0]?.id ?? '',
  managers: others,
  nodes: all,
});

/** What a task comes to in a state: its steps as shown, `ok`, or the words of a refusal. */
function outcome<S>(task: Task<S>, now: NoInfer<S>): string | readonly string[] {
  try {
    const want = task.want(now);
    if (!equal(task.want(want), want)) return 'no fixed point';
    return equal(now, want) ? 'ok' : task.steps(now, want).map(showStep);
  } catch (error) {
    const { code, message, hint } = error as { code?: string; message: string; hint?: string };
    return code === 'refused' && hint ? `refused: ${message}; ${hint}` : `without code or hint: ${message}`;
  }
}

/** Words are looked for; steps, and `ok`, are to be exactly these. */
function expect(t: Test, found: ReturnType<typeof outcome>, expected: unknown, name = String(expected)) {
  return expected instanceof RegExp ? t.match(found, expected, name) : t.same(found, expected, name);
}

const join = 'join the swarm at 10.0.0.1:2377 as worker (POST /swarm/join)';
const leave = 'leave the swarm (POST /swarm/leave?force=false)';
const leaveByForce = 'leave the swarm (POST /swarm/leave?force=true)';
const demote = (id: string) => `demote node ${id} (POST /nodes/${id}/update?version=7)`;

t.test('swarmMembership, from the Engine API', async (t) => {
  const Swarm = {
    NodeID: 'm',
    NodeAddr: '10.0.0.1',
    LocalNodeState: 'active',
    ControlAvailable: true,
    Error: '',
  };
  const followed = { RemoteManagers: [{ NodeID: 'm', Addr: '10.0.0.1:2377' }] };
  const ID = 'm';
  const answers = {
    '/info': { Swarm: { ...Swarm, ...followed } },
    '/swarm': { ID: 'cluster', JoinTokens: joinTokens },
    '/nodes': [
      {
        ID,
        Version: { Index: 7 },
        Spec: { Role: 'manager', Availability: 'active', Labels: { a: '' } },
        Description: { Hostname: 'ha1' },
        Status: { State: 'ready', Addr: '0.0.0.0' },
        ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: '10.0.0.1:2377' },
      },
    ],
  };
  const read = (engine: Record<string, unknown>) => swarmMembership.read(askEngine(engine));

  const state = await read(answers);
  t.ok(equal(state, { ...swarm, nodes: state.nodes }));
  t.match(state.nodes, [
    { id: 'm', hostname: 'ha1', labels: { a: '' }, version: 7, manager: { leader: true, reachable: true } },
  ]);
  for (const token of Object.values(joinTokens))
    t.notMatch(JSON.stringify(state), token, 'tokens are secrets');
  t.equal((await nodes.read(askEngine(answers))).length, 1);

  const asWorker = { Swarm: { ...Swarm, ...followed, NodeID: 'ww', ControlAvailable: false } };
  const refusing = {
    '/info': asWorker,
    '/swarm': new Error('not a manager'),
    '/nodes': new Error('not a manager'),
  };
  t.same(await read(refusing), worker);
  await t.rejects(nodes.read(askEngine(refusing)), {
    code: 'refused',
    message: /is a worker; it follows manager m at/,
  });

  const none = {
    '/info': { Swarm: { NodeID: '', LocalNodeState: 'inactive', RemoteManagers: null, Error: '' } },
  };
  t.same(await read(none), inactive);
  const named = { '/info': { Name: 'ha2', ...none['/info'] } };
  t.same(await read(named), { ...inactive, hostname: 'ha2' });
  await t.rejects(nodes.read(askEngine(none)), { code: 'refused', message: 'ha1 is in no swarm' });
  const failed = { '/info': { Swarm: { LocalNodeState: 'error', Error: 'bad certificate' } } };
  t.same(await read(failed), { state: 'error', managers: [], error: 'bad certificate' });

  const ids = ['first', 'second'];
  const twice = joinState();
  const askOf = (NodeID?: string) =>
    askEngine({ '/info': { Swarm: { ...Swarm, NodeID, ControlAvailable: false } } }, 'ha2');
  t.notMatch(await joinState().read(askEngine(none)), { former: /./ });
  t.equal((await twice.read(askOf(ids[0]))).former, 'first');
  t.match(await twice.read(askOf(ids[1])), { nodeId: 'second', former: 'first' });
  t.notMatch(await twice.read(askEngine(none, 'ha3')), { former: /./ }, 'each host by itself');

  const since = membershipSince();
  await since.read(askEngine(answers));
  const leaderless = { ...answers, '/swarm': new Error('no leader'), '/nodes': new Error('no leader') };
  t.same(await read(leaderless), {
    state: 'active',
    role: 'manager',
    nodeId: 'm',
    managers: swarm.managers,
    error: 'the Docker Engine answered 503: no leader',
  });
  const carried = await since.read(askEngine(leaderless));
  t.same(carried.nodes, state.nodes, 'while it cannot list its nodes, those that it last listed');
  await t.rejects(read({}), { code: 'command', message: /does not say/ });
  await t.rejects(read({ '/info': new Error('engine is down') }), { message: /engine is down/ });
});

t.test('a manager that cannot answer for a moment is asked again', async (t) => {
  let looks = 0;
  const info = { Swarm: { NodeID: 'm', LocalNodeState: 'active', ControlAvailable: true } };
  const ask = askEngine({});
  const docker = async <T>(path: string): Promise<T | undefined> => {
    if (path === '/info')
      return ++looks === 1 ? (info as T) : ({ Swarm: { ...info.Swarm, ControlAvailable: false } } as T);
    throw new Error('the client connection is closing');
  };
  t.match(await swarmMembership.read({ ...ask, docker }), { role: 'worker' });
  t.equal(looks, 2);
});

t.test('swarmInit', async (t) => {
  const init = swarmInit({ advertise: '10.0.0.1' });
  t.same(outcome(init, inactive as Swarm), ['make a swarm at 10.0.0.1 (POST /swarm/init)']);
  const foreseen = init.want(inactive as Swarm);
  t.equal(foreseen.address, '10.0.0.1:2377');
  t.notOk(isKnown(foreseen.tokens.worker));
  t.match(init.steps(inactive as Swarm, foreseen), [
    { body: { AdvertiseAddr: '10.0.0.1', ListenAddr: '0.0.0.0:2377', DataPathAddr: '' } },
  ]);
  t.equal(outcome(init, foreseen), 'ok');

  const cases: [string | undefined, Membership, string | RegExp][] = [
    [undefined, swarm, 'ok'],
    ['10.0.0.1', swarm, 'ok'],
    ['10.0.0.1:2377', swarm, 'ok'],
    ['eth0', swarm, 'ok'],
    ['fd00::1', { ...swarm, address: '[fd00::1]:2377' }, 'ok'],
    [
      '10.0.0.2',
      swarm,
      /manages a swarm at 10\.0\.0\.1:2377, not at 10\.0\.0\.2; .*cannot be changed.*leave out advertise/,
    ],
    [undefined, worker, /is a worker of a swarm; it follows manager m at 10\.0\.0\.1:2377.*swarmLeave/],
    [undefined, { state: 'locked', managers: [] }, /locked.*docker swarm unlock/],
    [
      undefined,
      { state: 'error', managers: [], error: 'bad certificate' },
      /\(error: bad certificate\).*swarmLeave/,
    ],
    [undefined, { state: 'pending', managers: [] }, /\(pending\).*swarmLeave/],
    [
      undefined,
      { ...worker, role: 'manager', error: 'no leader' },
      /has no leader: no leader.*force-new-cluster/,
    ],
  ];
  for (const [advertise, now, expected] of cases) {
    expect(t, outcome(swarmInit(advertise === undefined ? {} : { advertise }), now as Swarm), expected);
  }
});

t.test('inSwarm', async (t) => {
  const fresh = swarmInit().want(inactive as Swarm);
  const joined = swarmJoin({ swarm: fresh }).want(inactive as never);
  const cases: [string, Membership, Swarm, boolean][] = [
    ['its manager', swarm, swarm, true],
    ['a listed node', worker, swarm, true],
    ['one that is on its way back', { ...worker, state: 'pending' }, swarm, true],
    ['none', inactive, swarm, false],
    ['one that was removed', { ...worker, nodeId: 'gone' }, swarm, false],
    ['a worker of another', { ...worker, nodeId: 'x', managers: others }, swarm, false],
    [
      'the same address, another swarm',
      { ...worker, nodeId: 'x', managers: [{ nodeId: 'old', address: '10.0.0.1:2377' }] },
      swarm,
      false,
    ],
    ['a manager of another', managing(manager('m')), swarm, false],
    ['a worker that check mode foresees', joined, fresh, true],
    ['one foreseen, of another swarm', joined, swarm, false],
    ['one foreseen, of another swarm that is foreseen', joined, swarmInit().want(inactive as Swarm), false],
  ];
  for (const [name, membership, of, expected] of cases) t.equal(inSwarm(membership, of), expected, name);
});

t.test('swarmJoin', async (t) => {
  const on = (now: Membership & { former?: string }, args: Partial<SwarmJoinArgs> = {}) =>
    outcome(swarmJoin({ swarm, ...args } as SwarmJoinArgs), now as never);
  const elsewhere: Membership = { ...worker, nodeId: 'x', managers: others };

  t.test('from each state', async (t) => {
    const cases: [string, ReturnType<typeof on>, unknown][] = [
      ['inactive', on(inactive), [join]],
      ['a worker already', on(worker), 'ok'],
      ['joined since the swarm was read', on({ ...worker, nodeId: 'new' }), 'ok'],
      ['the same, after it had left another', on({ ...worker, nodeId: 'new', former: 'old' }), 'ok'],
      [
        'removed at the manager',
        on({ ...worker, nodeId: 'gone', former: 'gone' }),
        /not among its nodes \(gone\): it was removed/,
      ],
      [
        'removed at the manager, and told to rejoin',
        on({ ...worker, nodeId: 'gone', former: 'gone' }, { rejoin: true }),
        /removed/,
      ],
      ['on its way back', on({ ...worker, state: 'pending' }), []],
      [
        'a join that never ended',
        on({ state: 'pending', managers: [{ nodeId: '', address: '10.0.0.1:2377' }] }),
        [leave, join],
      ],
      ['a join that failed', on({ state: 'error', managers: [], error: 'wrong token' }), [leave, join]],
      [
        'a node that failed',
        on({ ...elsewhere, state: 'error', error: 'expired' }),
        /another swarm \(error: expired\)/,
      ],
      ['locked', on({ state: 'locked', managers: [] }, { rejoin: true }), /locked.*unlock/],
      [
        'a worker of another swarm',
        on(elsewhere),
        /node of another swarm: it follows manager x at 10\.9\.9\.9:2377, not the one at 10\.0\.0\.1:2377; .*rejoin: true/,
      ],
      ['the same, told to rejoin', on(elsewhere, { rejoin: true }), [leave, join]],
      [
        'a worker of what the manager had before',
        on({ ...elsewhere, managers: [{ nodeId: 'x', address: '10.0.0.1:2377' }] }),
        /has made a new swarm since/,
      ],
      ['its own swarm', on(managing(manager('m'))), /manages another swarm as its only node.*rejoin: true/],
      ['the same, told to rejoin', on(managing(manager('m')), { rejoin: true }), [leaveByForce, join]],
      [
        'its own swarm with others',
        on(managing(manager('m'), node('ww')), { rejoin: true }),
        /last manager of a swarm that holds other nodes: ww \(ww, ready\)/,
      ],
      [
        'one of three managers',
        on(managing(manager('m'), manager('b'), manager('c')), { rejoin: true }),
        [demote('m')],
      ],
      [
        'a manager without a leader',
        on({ ...worker, role: 'manager', nodeId: 'x', managers: others }),
        /that has no leader/,
      ],
    ];
    for (const [name, found, expected] of cases) expect(t, found, expected, name);
  });

  t.test('roles', async (t) => {
    t.same(on(inactive, { role: 'manager' }), [join.replace('worker', 'manager')]);
    t.match(
      on(worker, { role: 'manager' }),
      /is a worker of that swarm, not a manager; .*docker node promote ww/,
    );
    t.match(on(swarm), /is a manager of that swarm, not a worker; .*docker node demote m/);
    t.equal(on(swarm, { role: 'manager' }), 'ok');
    const promoted = { ...swarm, nodes: [manager('m'), manager('ww')] };
    t.same(on(worker, { role: 'manager', swarm: promoted }), [], 'a promotion under way is waited for');
    t.same(on({ ...worker, nodeId: 'new' }, { role: 'manager' }), [], 'and so is a new manager');
  });

  t.test('what is sent', async (t) => {
    const sent = (args: Partial<SwarmJoinArgs>) => {
      const task = swarmJoin({ swarm, ...args } as SwarmJoinArgs);
      const [step] = task.steps(inactive as never, task.want(inactive as never)) as [
        Step & { kind: 'docker' },
      ];
      return step.body as Record<string, unknown>;
    };
    t.ok(
      equal(sent({ advertise: '10.0.0.3' }), {
        ListenAddr: '0.0.0.0:2377',
        AdvertiseAddr: '10.0.0.3',
        RemoteAddrs: ['10.0.0.1:2377'],
        JoinToken: swarm.tokens.worker,
      }),
    );
    const three = { ...swarm, nodes: [manager('m'), manager('bb'), manager('ccc', {}, false)] };
    t.match(sent({ swarm: three, via: '192.168.0.1' }).RemoteAddrs, [
      '192.168.0.1:2377',
      '10.0.0.1:2377',
      '10.0.0.2:2377',
    ]);
    t.equal(sent({ role: 'manager' }).JoinToken, swarm.tokens.manager);
    const token = secret('worker join token', canary('other token'));
    t.equal(sent({ token }).JoinToken, token);
  });

  t.test('in check mode, a swarm that is not made yet', async (t) => {
    const fresh = swarmInit().want(inactive as Swarm);
    const task = swarmJoin({ swarm: fresh, role: 'worker' });
    t.equal(task.title, 'join the swarm at (known after apply) as worker');
    t.same(outcome(task, inactive as never), [
      'join the swarm at (known after apply) as worker (POST /swarm/join)',
    ]);
    t.match(outcome(swarmJoin({ swarm: fresh }), managing(manager('m')) as never), /another swarm/);
  });

  t.test('why it waits', async (t) => {
    const task = swarmJoin({ swarm });
    const stuck = (now: Membership) => task.stuck(now as never, task.want(inactive as never));
    t.match(stuck({ state: 'pending', managers: [] }), {
      reason: /pending; is port 2377\/tcp of 10\.0\.0\.1:2377 open/,
    });
    t.same(stuck({ state: 'error', managers: [], error: 'wrong token' }), {
      reason: 'wrong token',
      final: true,
    });
  });

  t.test('a token goes with its role', async (t) => {
    const { worker: workers, manager: managers } = swarm.tokens;
    const role = 'worker' as 'worker' | 'manager';
    swarmJoin({ swarm, role: 'manager', token: managers });
    swarmJoin({ swarm, token: workers });
    swarmJoin({ swarm, role });
    // @ts-expect-error a worker's token does not make a manager
    swarmJoin({ swarm, role: 'manager', token: workers });
    // @ts-expect-error nor the other way round
    swarmJoin({ swarm, token: managers });
    // @ts-expect-error a plain string is no token
    swarmJoin({ swarm, token: 'SWMTKN-1-…' });
    // @ts-expect-error a role that is open goes with the swarm's own tokens
    swarmJoin({ swarm, role, token: workers });
    t.throws(() => swarmJoin({ swarm: inactive as Swarm }), {
      code: 'refused',
      message: /no swarm to join/,
      hint: /--limit/,
    });
  });
});

t.test('swarmLeave', async (t) => {
  const alone = managing(manager('m'));
  const three = [manager('m'), manager('b'), manager('c')] as const;
  const cases: [string, Membership, Parameters<typeof swarmLeave>[0], unknown][] = [
    ['in none', inactive, {}, 'ok'],
    ['a worker', worker, {}, [leave]],
    ['pending', { state: 'pending', managers: [] }, {}, [leave]],
    ['failed', { state: 'error', managers: [] }, {}, [leave]],
    ['locked', { state: 'locked', managers: [] }, {}, /locked manager.*destroySwarm: true/],
    ['locked, told', { state: 'locked', managers: [] }, { destroySwarm: true }, [leaveByForce]],
    ['the last manager', alone, {}, /last manager: its leaving destroys.*destroySwarm: true/],
    ['the last manager, told', alone, { destroySwarm: true }, [leaveByForce]],
    [
      'with other nodes',
      managing(manager('m'), node('ww', { state: 'down' })),
      { destroySwarm: true },
      /other nodes: ww \(ww, down\); .*abandonNodes: true/,
    ],
    [
      'with its own former self',
      managing(manager('m'), node('old', { hostname: 'm', state: 'down' })),
      { destroySwarm: true },
      [leaveByForce],
    ],
    [
      'with other nodes, told half',
      managing(manager('m'), node('ww')),
      { abandonNodes: true },
      /destroySwarm/,
    ],
    [
      'with other nodes, told',
      managing(manager('m'), node('ww')),
      { destroySwarm: true, abandonNodes: true },
      [leaveByForce],
    ],
    ['one of two', managing(manager('m'), manager('b')), {}, [demote('m')]],
    ['one of three', managing(...three), {}, [demote('m')]],
    [
      'one of three, demoted, not yet in force',
      managing({ ...three[0], role: 'worker' }, three[1], three[2]),
      {},
      [],
    ],
    [
      'two of three',
      managing(three[0], three[1], manager('c', {}, false)),
      {},
      /of the swarm's 3 managers 2 can be reached; without this one it would be 1 of 2, and 2 are needed; bring back c/,
    ],
    [
      'two of three, told',
      managing(three[0], three[1], manager('c', {}, false)),
      { destroySwarm: true, abandonNodes: true },
      /2 are needed/,
    ],
    [
      'no leader',
      { ...worker, role: 'manager', error: 'no quorum' },
      { destroySwarm: true },
      /without a leader \(no quorum\)/,
    ],
    [
      'no leader, told',
      { ...worker, role: 'manager' },
      { destroySwarm: true, abandonNodes: true },
      [leaveByForce],
    ],
  ];
  for (const [name, now, args, expected] of cases) expect(t, outcome(swarmLeave(args), now), expected, name);
  const foreseen = swarmLeave().want(worker);
  t.same(outcome(swarmJoin({ swarm }), foreseen as never), [join], 'a join after a leave that is foreseen');
  t.same(swarmLeave().fact.key, swarmJoin({ swarm }).fact.key);
  const left = swarmLeave().want({ ...worker, hostname: 'ha2' });
  t.same(left, { state: 'inactive', managers: [], hostname: 'ha2' });
  const joined = swarmJoin({ swarm }).want(left as never);
  t.equal(joined.hostname, 'ha2');
  t.match(
    nodeSpec(joined.nodeId).whenUnknown?.(),
    { listed: true, hostname: 'ha2' },
    'the node is called so already',
  );
  t.notMatch(nodeSpec(swarmJoin({ swarm }).want(inactive as never).nodeId).whenUnknown?.(), {
    hostname: /./,
  });
  t.same(swarmLeave().fact.key, swarmInit().fact.key);

  const [step] = swarmLeave().steps(managing(...three), foreseen) as [Step & { kind: 'docker' }];
  t.same(step.body, { Labels: {}, Role: 'worker', Availability: 'active' }, 'the whole spec is sent');
});

t.test('labelNode', async (t) => {
  const now: NodeSpec = { ...node('ww', { labels: { tier: 'db', gpu: '' }, name: 'n' }), listed: true };
  const at = (changes: string) => [`label node ww: ${changes} (POST /nodes/ww/update?version=7)`];
  const cases: [Omit<LabelNodeArgs, 'node'>, unknown][] = [
    [{ labels: { tier: 'db' } }, 'ok'],
    [{ labels: {} }, 'ok'],
    [{ labels: { a: 'true', b: '' } }, at('a=true, b=')],
    [{ labels: { tier: 'web' }, remove: ['gpu', 'none'] }, at('tier=web, -gpu')],
    [{ remove: ['gpu'] }, at('-gpu')],
    [{ remove: ['none'] }, 'ok'],
    [{ labels: { tier: 'db' }, exact: true }, at('-gpu')],
    [{ labels: { tier: '', gpu: '' }, exact: true }, at('tier=')],
    [{ exact: true }, at('-tier, -gpu')],
  ];
  for (const [args, expected] of cases)
    t.same(outcome(labelNode({ node: 'ww', ...args }), now), expected, JSON.stringify(args));

  const task = labelNode({ node: 'ww', labels: { a: 'b' }, name: 'ha2' });
  t.equal(task.title, 'label node ha2');
  const [step] = task.steps(now, task.want(now)) as [Step & { kind: 'docker' }];
  t.same(step.body, {
    Name: 'n',
    Labels: { tier: 'db', gpu: '', a: 'b' },
    Role: 'worker',
    Availability: 'active',
  });
  t.match(outcome(task, { id: 'ww', listed: false, labels: {} }), /no node ha2 \(ww\); .*new id/);

  const later = unknown('id of node ha2');
  const foreseen = labelNode({ node: later, labels: { a: 'true' } });
  t.notOk(foreseen.fact.known);
  const empty = foreseen.fact.whenUnknown?.() as NodeSpec;
  t.same(outcome(foreseen, empty), [
    'label node (known after apply): a=true (POST /nodes/(known after apply)/update?version=(known after apply))',
  ]);
  t.equal(outcome(foreseen, foreseen.want(empty)), 'ok');

  const wrong: [Omit<LabelNodeArgs, 'node'>, RegExp][] = [
    [{ labels: { '': 'x' } }, /"" cannot be the name/],
    [{ labels: { 'a=b': 'x' } }, /"a=b" cannot be/],
    [{ remove: ['a b'] }, /"a b" cannot be/],
    [{ labels: { a: true } as never }, /label a has the value true, which is not a text/],
    [{ labels: { a: 'x' }, remove: ['a'] }, /a: both in labels and in remove/],
  ];
  for (const [args, message] of wrong) {
    t.throws(() => labelNode({ node: 'ww', ...args }), { code: 'playbook', message, hint: /./ });
  }
});

t.test('labelNode tells which tasks any change of labels ends', async (t) => {
  const constrained = (ServiceID: string, ...Constraints: string[]) => ({
    ServiceID,
    Spec: { Placement: { Constraints } },
  });
  const engine = {
    '/nodes/ww': {
      ID: 'ww',
      Version: { Index: 7 },
      Spec: { Role: 'worker', Availability: 'active', Labels: { tier: 'db' } },
      Description: { Hostname: 'ha2' },
      Status: { State: 'ready', Addr: '10.0.0.2' },
    },
    '/services': ['db', 'web', 'any'].map((Name) => ({ ID: `id-${Name}`, Spec: { Name } })),
    [`/tasks?filters=${encodeURIComponent('{"node":["ww"],"desired-state":["running"]}')}`]: [
      constrained('id-db', 'node.labels.tier == DB'),
      constrained('id-web', 'node.labels.old != true', 'node.role == worker'),
      constrained('id-any', 'node.role == worker'),
    ],
  };
  const destroyed = async (args: Omit<LabelNodeArgs, 'node'>, answers = engine) => {
    const task = labelNode({ node: 'ww', ...args });
    const now = await task.fact.read(askEngine(answers));
    const want = task.want(now);
    return equal(now, want) ? 'ok' : task.steps(now, want).map((step) => 'destroys' in step && step.destroys);
  };
  const tasksOf = (names: string) => [`the tasks of ${names} on node ha2, which its labels hold there`];
  t.same(await destroyed({ labels: { tier: 'web' } }), tasksOf('db'), 'another value');
  t.same(await destroyed({ labels: { old: 'true' } }), tasksOf('web'), 'a label that is not to be there');
  t.same(await destroyed({ labels: { old: 'True', tier: '' } }), tasksOf('db, web'));
  t.same(await destroyed({ remove: ['tier'] }), tasksOf('db'));
  t.same(await destroyed({ labels: { tier: 'Db', more: '' } }), [false], 'nothing that ends a task');
  const nodeAlone = { '/nodes/ww': engine['/nodes/ww'] } as typeof engine;
  const failing = { ...nodeAlone, '/services': new Error('not asked where nothing changes') } as never;
  for (const args of [
    { labels: { tier: 'db' } },
    { remove: ['none'] },
    { labels: { tier: 'db' }, exact: true },
  ])
    t.equal(await destroyed(args, failing), 'ok', JSON.stringify(args));
});

t.test('labelNode behind others of a check sees the labels that they foresee', async (t) => {
  const task = labelNode({ node: 'ww', labels: { tier: 'web' } });
  const foreseen = new Map<string, unknown>();
  const now: NodeSpec = { ...node('ww', { labels: { tier: 'db' } }), listed: true };
  foresee(foreseen, task, now, task.want(now));
  t.notOk(foreseen.has(task.fact.key), 'its tasks are read again');
  t.match(foreseen.get(nodeSpec('ww').key), { labels: { tier: 'web' } });
  const id = unknown('id of node ha2');
  const later = labelNode({ node: id, labels: { tier: 'web' } });
  const empty = later.fact.whenUnknown?.() as NodeSpec;
  foresee(foreseen, later, empty, later.want(empty));
  t.match(foreseen.get(nodeSpec(id).key), { labels: { tier: 'web' } });
});

t.test('nodeAvailability', async (t) => {
  const now: NodeSpec = {
    ...node('ww', { labels: { tier: 'db' }, name: 'n', hostname: 'ha2' }),
    listed: true,
  };
  const to = (availability: NodeAvailabilityArgs['availability'], name?: string) =>
    nodeAvailability({ node: 'ww', availability, ...(name === undefined ? {} : { name }) });
  const path = '(POST /nodes/ww/update?version=7)';
  t.same(outcome(to('active'), now), 'ok');
  t.same(outcome(to('drain'), now), [`set node ha2 to drain ${path}`]);
  t.same(outcome(to('pause'), { ...now, availability: 'drain' }), [`set node ha2 to pause ${path}`]);
  t.match(
    outcome(to('drain', 'ha2'), { id: 'ww', listed: false, labels: {} }),
    /no node ha2 \(ww\); .*new id/,
  );
  t.equal(to('drain').title, 'drain node ww');

  const task = to('drain', 'ha2');
  const [step] = task.steps(now, task.want(now)) as [Step & { kind: 'docker' }];
  t.same(step.body, { Name: 'n', Labels: { tier: 'db' }, Role: 'worker', Availability: 'drain' });

  const foreseen = nodeAvailability({ node: unknown('id of ha2'), availability: 'drain', name: 'ha2' });
  const none = foreseen.fact.whenUnknown?.();
  t.ok(none && !foreseen.fact.known);
  if (none) t.match(outcome(foreseen, none), [/^set node \(known after apply\) to drain/]);
});

t.test('swarmHoldings', async (t) => {
  const stackLabel = 'com.docker.stack.namespace';
  const listed = (id: string, Hostname: string, State = 'ready') => ({
    ID: id,
    Version: { Index: 7 },
    Spec: { Role: id === 'm' ? 'manager' : 'worker', Availability: 'active' },
    Description: { Hostname },
    Status: { State, Addr: '10.0.0.9' },
  });
  const Swarm = { NodeID: 'm', LocalNodeState: 'active', ControlAvailable: true };
  const held = (Name: string, stack?: string) => ({
    Spec: { Name, ...(stack === undefined ? {} : { Labels: { [stackLabel]: stack } }) },
  });
  const answers = {
    '/info': { Swarm },
    '/swarm': { ID: 'c', JoinTokens: joinTokens },
    '/nodes': [listed('m', 'ha1'), listed('before', 'ha1', 'down'), listed('ww', 'ha2')],
    '/services': [held('lonely'), held('da_policy', 'da')],
    '/configs': [held('motd'), held('da_nginx', 'da'), held('dabook.lock')],
    '/secrets': [held('web_key', 'web')],
  };
  const read = (engine: Record<string, unknown>, stack?: string) =>
    swarmHoldings(stack).read(askEngine(engine));
  t.same(await read(answers, 'da'), {
    nodes: ['ha2'],
    services: ['lonely'],
    configs: ['motd'],
    secrets: ['web_key'],
  });
  t.same(await read(answers), {
    nodes: ['ha2'],
    services: ['da_policy', 'lonely'],
    configs: ['da_nginx', 'motd'],
    secrets: ['web_key'],
  });

  const nothing = { nodes: [], services: [], configs: [], secrets: [] };
  t.same(await read({ '/info': { Swarm: { LocalNodeState: 'inactive' } } }), nothing);
  t.same(await read({ '/info': { Swarm: { ...Swarm, ControlAvailable: false } } }), nothing);
  await t.rejects(read({ '/info': { Swarm: { LocalNodeState: 'locked' } } }), {
    code: 'refused',
    message: /locked manager/,
    hint: /unlock/,
  });
  const noLeader = new Error('no leader');
  await t.rejects(read({ '/info': { Swarm }, '/swarm': noLeader, '/nodes': noLeader }), {
    code: 'refused',
    message: /without a leader \(.*no leader\)/,
  });

  // One that check mode foresees is new; the engine is still in another, or in none.
  const engine = askEngine({ '/info': { Swarm: { LocalNodeState: 'inactive' } } });
  const ask = { ...engine, fact: async () => swarm, foreseen: () => true } as unknown as typeof engine;
  t.same(await swarmHoldings().read(ask), { ...nothing, nodes: ['ww'] });
});

t.test('nodeSpec and nodeRemove', async (t) => {
  const answer = {
    ID: 'ww',
    Version: { Index: 3 },
    Spec: { Role: 'worker', Availability: 'drain', Labels: null },
  };
  t.same(await nodeSpec('ww').read(askEngine({ '/nodes/ww': answer })), {
    ...node('ww', { hostname: '', address: '', state: 'unknown', availability: 'drain', version: 3 }),
    listed: true,
  });
  t.same(await nodeSpec('gone').read(askEngine({})), { id: 'gone', listed: false, labels: {} });
  await t.rejects(nodeSpec('ha2').read(askEngine({ '/nodes/ha2': answer })), {
    code: 'refused',
    message: 'ha2 is not the id of a node',
    hint: /its id is ww/,
  });

  const spec = (more: Partial<SwarmNode>): NodeSpec => ({ ...node('ww', more), listed: true });
  const cases: [NodeSpec, boolean, unknown][] = [
    [{ id: 'ww', listed: false, labels: {} }, false, 'ok'],
    [spec({ state: 'down' }), false, ['remove node ww (DELETE /nodes/ww?force=false)']],
    [spec({ state: 'ready' }), false, /node ww \(ww\) is ready, not down; .*swarmLeave/],
    [spec({ state: 'unknown' }), false, /is unknown, not down; wait/],
    [spec({ state: 'ready' }), true, ['remove node ww (DELETE /nodes/ww?force=true)']],
    [spec({ state: 'down', role: 'manager' }), true, /is a manager; demote it first/],
  ];
  for (const [now, force, expected] of cases)
    expect(t, outcome(nodeRemove({ node: 'ww', force }), now), expected);
});

t.test('findNode and staleTwins', async (t) => {
  const down = node('old', { hostname: 'ha2', address: '10.0.0.2', state: 'down' });
  const up = node('new', { hostname: 'ha2', address: '10.0.0.2' });
  const moved = node('moved', { hostname: 'was-ha2', address: '10.0.0.2', state: 'down' });
  const first = manager('first', {
    hostname: 'ha1',
    address: '0.0.0.0',
    manager: { address: '10.0.0.1:2377', reachable: true, leader: true },
  });
  const gone = node('gone', { hostname: 'ha9', address: '0.0.0.0', state: 'down' });
  const all = [down, up, moved, first, gone];
  t.equal(findNode(all, { hostname: 'ha2' }), up, 'the one that is ready');
  t.equal(findNode(all, { address: '10.0.0.2' }), up);
  t.equal(findNode(all, { address: '10.0.0.1' }), first, 'by the address where a manager is joined');
  t.equal(findNode(all, { id: 'old' }), down);
  t.equal(findNode(all, { hostname: 'ha2', id: 'first' }), undefined);
  t.equal(findNode(all, { hostname: 'ha9' }), gone);
  const twice = [up, { ...up, id: 'clone' }];
  t.throws(() => findNode(twice, { hostname: 'ha2' }), {
    code: 'refused',
    message: /several nodes fit.*new .*clone/,
  });
  t.same(staleTwins(all, up), [down, moved]);
  t.same(staleTwins(all, first), [], 'an address that says nothing makes no twins');
  t.same(staleTwins(all, down), [moved], 'one that is ready is no stale twin');
  t.equal(show(staleTwins(all, up)[0]?.id), 'old');
});
