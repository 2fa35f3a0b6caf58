import t from 'tap';
import { satisfiesAll } from '../../lib/compose/constraint.ts';
import { imageFault, imageName } from '../../lib/compose/image-name.ts';
import { imageLabel, namespaceLabel } from '../../lib/compose/namespace.ts';
import { diff } from '../../lib/diff.ts';
import { DabookError } from '../../lib/errors.ts';
import type { Ask, Fact } from '../../lib/fact.ts';
import { foresee, foreseeSomething } from '../../lib/foresee.ts';
import { showStep } from '../../lib/show-step.ts';
import type { Task } from '../../lib/task.ts';
import { foreseenStack, foreseenStacks } from '../../lib/tasks/stack/foreseen-stack.ts';
import {
  type DeployedStack,
  type StackDeployArgs,
  serviceLogs,
  serviceRestart,
  serviceRestarts,
  stackDeploy,
  stackObjects,
  stackPlaced,
  stackRemove,
  stackSteady,
} from '../../lib/tasks/stack/index.ts';
import {
  labelNode,
  type NodeSpec,
  nodeAvailability,
  nodeRemove,
  nodeSpec,
  swarmMembership,
  nodes as swarmNodes,
} from '../../lib/tasks/swarm/index.ts';
import { joiningNode } from '../../lib/tasks/swarm/joining-node.ts';
import { isKnown, type Later, laterState, unknown } from '../../lib/unknown.ts';
import { canary } from '../canary/canary.ts';

/** What a host answers: paths of the Engine API without their query, and the text of the compose files. */
interface Scripted {
  readonly compose?: string | { readonly files: Readonly<Record<string, string>>; readonly stderr: string };
  readonly engine: Readonly<Record<string, unknown>>;
  /** The ports that programs have there, a line each. */
  readonly held?: string;
}

/** Scripts what is answered to who asks for the services of all stacks. */
const everyService = 'every service';

/** A host that answers from a script. Paths that are not scripted are refused, as a worker does. */
function askOf(
  { compose = '', engine, held = '' }: Scripted,
  foreseen: ReadonlyMap<string, unknown> = new Map(),
) {
  const asked: string[] = [];
  const ask: Ask = {
    host: 'ha1',
    become: true,
    async sh(command) {
      asked.push(command.text);
      if (command.text.includes('/proc/net')) return { status: 0, stdout: held, stderr: '' };
      if (typeof compose === 'string')
        return { status: 0, stdout: `${compose}\n--- 0\n/opt\n-\n-\n-\n`, stderr: '' };
      const files = Object.values(compose.files).map((text) => `${Buffer.from(text).toString('hex')}\n.\n`);
      return { status: 0, stdout: `\n--- 1\n/opt\n${files.join('')}`, stderr: compose.stderr };
    },
    async docker<T>(path: string): Promise<T | undefined> {
      asked.push(path);
      const [name = ''] = path.split('?');
      if (path === '/services' && everyService in engine) return engine[everyService] as T;
      if (engine[name] instanceof Error) throw engine[name];
      if (name in engine) return engine[name] as T;
      throw new DabookError('command', 'the Docker Engine answered 503: This node is not a swarm manager');
    },
    bulk: async (bulk, question) => (await bulk.read(ask, [question]))[0] as never,
    fact: <S>(fact: Fact<S>): Promise<S> =>
      foreseen.has(fact.key) ? Promise.resolve(foreseen.get(fact.key) as S) : fact.read(ask),
    foreseen: (fact) => foreseen.has(fact.key),
  };
  return { ask, asked };
}

const labels = { [namespaceLabel]: 's' };
const image = 'r.test/x:1';

function node(
  id: string,
  more: { labels?: Record<string, string>; state?: string; availability?: string } = {},
) {
  return {
    ID: id,
    Spec: { Role: 'manager', Availability: more.availability ?? 'active', Labels: more.labels ?? {} },
    Status: { State: more.state ?? 'ready', Addr: '10.0.0.1' },
    Description: { Hostname: `host-${id}` },
  };
}

const template = (more: object = {}, container: object = {}) => ({
  ContainerSpec: {
    Image: image,
    Labels: labels,
    Isolation: 'default',
    Privileges: { CredentialSpec: null },
    ...container,
  },
  Resources: {},
  Placement: {},
  Networks: [{ Target: 'net-id', Aliases: ['web'] }],
  ForceUpdate: 0,
  ...more,
});

function service(more: { task?: object; container?: object; spec?: object; status?: object } = {}) {
  return {
    ID: 'web-id',
    Version: { Index: 7 },
    Spec: {
      Name: 's_web',
      Labels: { ...labels, [imageLabel]: image },
      TaskTemplate: { ...template(more.task, more.container), Runtime: 'container' },
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: { Mode: 'vip' },
      ...more.spec,
    },
    ...more.status,
  };
}

function taskOf(
  state: string,
  more: { spec?: object; status?: object; node?: string; desired?: string; id?: string } = {},
) {
  return {
    ID: more.id ?? `${state}-1`,
    ServiceID: 'web-id',
    Slot: 1,
    NodeID: more.node ?? 'n1',
    Spec: more.spec ?? template(),
    DesiredState: more.desired ?? (state === 'failed' || state === 'rejected' ? 'shutdown' : 'running'),
    Status: { State: state, Timestamp: '2026-01-01T00:00:00Z', PortStatus: {}, ...more.status },
  };
}

const network = {
  Id: 'net-id',
  Name: 's_default',
  Scope: 'swarm',
  Driver: 'overlay',
  Labels: labels,
  Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' },
  IPAM: { Driver: 'default', Config: [{ Subnet: '10.0.1.0/24' }] },
};

const manager = { LocalNodeState: 'active', NodeID: 'n1', ControlAvailable: true };

function engine(more: Readonly<Record<string, unknown>> = {}): Scripted['engine'] {
  return {
    '/info': { SystemTime: '2026-01-01T01:00:00Z', Swarm: manager },
    '/services': [service()],
    '/tasks': [taskOf('running')],
    '/networks': [network],
    '/secrets': [],
    '/configs': [],
    '/nodes': [node('n1')],
    '/containers/json': [],
    ...more,
  };
}

const compose = (service = '', rest = '') =>
  `version: "3.7"\nservices:\n  web:\n    image: ${image}\n${service}${rest}`;
const args: StackDeployArgs = { name: 's', dir: '/opt', files: ['a.yml', 'b.yml', 'c.yml'] };

async function plan(
  scripted: Scripted,
  more: Partial<StackDeployArgs> = {},
  foreseen?: ReadonlyMap<string, unknown>,
) {
  const { ask, asked } = askOf(scripted, foreseen);
  const task = stackDeploy({ ...args, ...more });
  const now = await task.fact.read(ask);
  const want = task.want(now);
  t.strictSame(diff(task.want(want), want), [], 'what is wanted wants nothing more');
  return {
    now,
    want,
    asked,
    changes: diff(now, want).map(
      ({ path, from, to }) => `${path}: ${JSON.stringify(from ?? null)} -> ${JSON.stringify(to ?? null)}`,
    ),
    steps: task.steps(now, want).map(showStep),
    bodies: task.steps(now, want).map((step) => (step.kind === 'docker' ? step.body : undefined)),
    stuck: task.stuck(now, want),
  };
}

const deployStep =
  "cd '/opt' && docker stack deploy -c 'a.yml' -c 'b.yml' -c 'c.yml' --resolve-image 'changed' 's'";

t.test('a stack that is as its files say', async (t) => {
  const { changes, steps, asked } = await plan({ compose: compose(), engine: engine() });
  t.strictSame([changes, steps], [[], []]);
  t.equal(asked.length, 8, 'one command and seven questions');

  let answered = 0;
  const { ask, asked: atOnce } = askOf({ compose: compose(), engine: engine() });
  const slow: Ask = {
    ...ask,
    docker: async (path) =>
      ask.docker<never>(path).finally(() => {
        answered += 1;
      }),
  };
  const reading = stackDeploy(args).fact.read(slow);
  t.strictSame([atOnce.length, answered], [8, 0], 'all is asked before anything is answered');
  await reading;
});

t.test('each difference is one change, and one plan', async (t) => {
  const cases: Record<
    string,
    {
      live?: object;
      files?: string;
      more?: Partial<StackDeployArgs>;
      changes: readonly string[];
      steps: readonly (string | RegExp)[];
    }
  > = {
    'an image changed by hand': {
      live: service({ container: { Image: 'r.test/x:2@sha256:abc' } }),
      changes: ['services.web.image: "r.test/x:2" -> "r.test/x:1"', 'services.web.running: "0/1" -> "1/1"'],
      steps: ['set the image of service s_web back to r.test/x:1 (POST /services/web-id/update?version=7)'],
    },
    'the same where docker would put it back': {
      live: service({ container: { Image: 'r.test/x:2' } }),
      more: { resolveImage: 'always' },
      changes: ['services.web.image: "r.test/x:2" -> "r.test/x:1"', 'services.web.running: "0/1" -> "1/1"'],
      steps: [deployStep.replace('changed', 'always')],
    },
    'an image changed in the files': {
      live: service({
        spec: { Labels: { ...labels, [imageLabel]: 'r.test/x:0' } },
        container: { Image: 'r.test/x:0' },
      }),
      changes: ['services.web.image: "r.test/x:0" -> "r.test/x:1"', 'services.web.running: "0/1" -> "1/1"'],
      steps: [deployStep],
    },
    'an image and a setting changed by hand': {
      live: service({ container: { Image: 'r.test/x:2', Hostname: 'h' } }),
      changes: [
        'services.web.hostname: "h" -> null',
        'services.web.image: "r.test/x:2" -> "r.test/x:1"',
        'services.web.running: "0/1" -> "1/1"',
      ],
      steps: [/^set the image/, deployStep],
    },
    'a digest that a deploy pinned': {
      live: service({ container: { Image: `${image}@sha256:abc` } }),
      changes: ['services.web.running: "0/1" -> "1/1"'],
      steps: [],
    },
    'a setting that dabook has no name for': {
      live: service({ container: { Novelty: { Level: 3 } } }),
      changes: [
        'services.web.otherContainer: {"Novelty":{"Level":3}} -> null',
        'services.web.running: "0/1" -> "1/1"',
      ],
      steps: [deployStep],
    },
    replicas: {
      files: '    deploy: {replicas: 3}\n',
      changes: ['services.web.replicas: "1" -> "3"', 'services.web.running: "1/1" -> "3/3"'],
      steps: [deployStep],
    },
    'a secret in the environment': {
      files: `    environment: {DB_PASSWORD: ${canary('DB password')}, MODE: a}\n`,
      changes: ['services.web.environment: null -> {"DB_PASSWORD":"<value of DB_PASSWORD>","MODE":"a"}'],
      steps: [deployStep],
    },
    'prune, login and no folder': {
      files: '    tty: true\n',
      more: { dir: undefined, prune: true, withRegistryAuth: true, resolveImage: 'never' },
      changes: ['services.web.tty: null -> true'],
      steps: [
        "docker stack deploy -c 'a.yml' -c 'b.yml' -c 'c.yml' --prune --with-registry-auth --resolve-image 'never' 's'",
      ],
    },
    'a paused update': {
      live: service({ status: { UpdateStatus: { State: 'paused', Message: 'x' } } }),
      changes: ['services.web.updating: "paused" -> null'],
      steps: [deployStep],
    },
    'an update under way': {
      live: service({ status: { UpdateStatus: { State: 'updating' } } }),
      changes: ['services.web.updating: "updating" -> null'],
      steps: [],
    },
    'a rollback that ended where the files are': {
      live: service({ status: { UpdateStatus: { State: 'rollback_completed' } } }),
      changes: [],
      steps: [],
    },
    'settings that mean the default': {
      live: service({
        task: {
          RestartPolicy: { Condition: 'any', Delay: 5e9, MaxAttempts: 0 },
          Placement: { Platforms: [{ OS: 'linux' }] },
        },
        container: { StopGracePeriod: 10e9, DNSConfig: {} },
        spec: {
          UpdateConfig: {
            Parallelism: 1,
            FailureAction: 'pause',
            Monitor: 5e9,
            MaxFailureRatio: 0,
            Order: 'stop-first',
          },
        },
      }),
      changes: ['services.web.running: "0/1" -> "1/1"'],
      steps: [],
    },
    'zeros that mean something': {
      live: service({
        task: { RestartPolicy: { Condition: 'any', Delay: 0 } },
        container: { StopGracePeriod: 0, Init: false },
        spec: { UpdateConfig: { Parallelism: 0 }, Mode: { Replicated: { Replicas: 0 } } },
      }),
      changes: [
        'services.web.init: "false" -> null',
        'services.web.replicas: "0" -> "1"',
        'services.web.restart: {"delay":"0s"} -> null',
        'services.web.running: "0/0" -> "1/1"',
        'services.web.stopGracePeriod: "0s" -> null',
        'services.web.update: {"parallelism":"0"} -> null',
      ],
      steps: [deployStep],
    },
  };
  for (const [name, { live = service(), files, more, changes, steps }] of Object.entries(cases)) {
    const planned = await plan({ compose: compose(files), engine: engine({ '/services': [live] }) }, more);
    t.strictSame(planned.changes, changes, name);
    t.match(planned.steps, steps, name);
    t.equal(planned.steps.length, steps.length, name);
  }
});

t.test('an image that is put back is sent with all else as it was', async (t) => {
  const before = `${image}@sha256:feed`;
  const live = service({
    container: { Image: 'r.test/x:2@sha256:beef', Env: ['A=1'] },
    status: { PreviousSpec: service({ container: { Image: before } }).Spec },
  });
  const { bodies } = await plan({
    compose: compose('    environment: {A: 1}\n'),
    engine: engine({ '/services': [live] }),
  });
  t.strictSame(bodies, [
    {
      ...live.Spec,
      TaskTemplate: {
        ...live.Spec.TaskTemplate,
        ContainerSpec: { ...live.Spec.TaskTemplate.ContainerSpec, Image: before },
      },
    },
  ]);
});

t.test('a stack that is not there is one addition each', async (t) => {
  const nothing = engine({ '/services': [], '/tasks': [], '/networks': [] });
  const { changes, steps, stuck } = await plan({ compose: compose(), engine: nothing });
  t.strictSame(changes, [
    'networks.s_default: null -> {"driver":"overlay"}',
    'services.web: null -> {"image":"r.test/x:1","replicas":"1","networks":{"s_default":"as web"},"running":"1/1"}',
  ]);
  t.strictSame(steps, [deployStep]);
  t.strictSame(stuck, { reason: 'web does not exist' });
});

t.test('services that no file has', async (t) => {
  const old = { ...service(), ID: 'old-id', Spec: { ...service().Spec, Name: 's_old' } };
  const scripted = { compose: compose(), engine: engine({ '/services': [service(), old] }) };
  t.strictSame((await plan(scripted)).changes, [], 'are let be');
  const { changes, steps } = await plan(scripted, { prune: true });
  t.match(changes, [/^services\.old: \{"image":"r\.test\/x:1",.*\} -> null$/], 'or pruned');
  t.strictSame(steps, [deployStep.replace(' --resolve', ' --prune --resolve')]);
});

t.test('only tasks of the current spec count, on nodes that answer', async (t) => {
  const running = async (
    tasks: readonly object[],
    nodes: readonly object[] = [node('n1')],
    live: object = service(),
    files = '',
  ) =>
    (
      await plan({
        compose: compose(files),
        engine: engine({ '/services': [live], '/tasks': tasks, '/nodes': nodes }),
      })
    ).now.services.web?.running;
  t.equal(await running([taskOf('running')]), '1/1');
  t.equal(await running([taskOf('starting')]), '0/1');
  t.equal(await running([taskOf('running', { desired: 'shutdown' })]), '0/1');
  t.equal(
    await running([taskOf('running', { spec: template({}, { Image: 'r.test/x:0' }) })]),
    '0/1',
    'of an earlier spec',
  );
  t.equal(
    await running([taskOf('running', { spec: template({ Placement: { Constraints: ['a == b'] } }) })]),
    '1/1',
    'placed by an earlier rule',
  );
  t.equal(
    await running([taskOf('running')], [node('n1', { state: 'down' })]),
    '0/1',
    'on a node that is down',
  );
  const failed = taskOf('failed');
  t.equal(
    await running([failed, taskOf('running', { status: { Timestamp: '2026-01-01T00:59:58Z' } })]),
    '0/1',
    'after a failure, two seconds are not enough',
  );
  t.equal(
    await running([failed, taskOf('running', { status: { Timestamp: '2026-01-01T00:59:50Z' } })]),
    '1/1',
  );
  const publishing = service({
    spec: {
      EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 81, PublishMode: 'host' }] },
    },
    status: { PreviousSpec: service().Spec, UpdatedAt: '2026-01-01T00:10:00Z' },
  });
  const port = '    ports: [{target: 80, published: 81, protocol: tcp, mode: host}]\n';
  t.equal(
    await running([taskOf('running')], [node('n1')], publishing, port),
    '0/1',
    'of a spec with other ports',
  );
  const held = { PortStatus: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 81 }] } };
  t.equal(await running([taskOf('running', { status: held })], [node('n1')], publishing, port), '1/1');
  t.equal(await running([taskOf('running', { status: held })]), '0/1', 'with a port that was taken away');
  const toldAnew = { PortStatus: {}, Timestamp: '2026-01-01T00:20:00Z' };
  t.equal(
    await running([taskOf('running', { status: toldAnew })], [node('n1')], publishing, port),
    '1/1',
    'an engine that was cut off for a while tells of no port',
  );
  const sameSince = { ...publishing, PreviousSpec: publishing.Spec };
  t.equal(await running([taskOf('running')], [node('n1')], sameSince, port), '1/1', 'nor later on');

  const global = service({
    spec: { Mode: { Global: {} } },
    task: { Placement: { Constraints: ['node.labels.a==x'] } },
  });
  const nodes = [
    node('n1', { labels: { a: 'X' } }),
    node('n2', { labels: { a: 'x' }, availability: 'drain' }),
    node('n3', { labels: { a: 'y' } }),
    node('n4', { labels: { a: 'x' }, state: 'down' }),
  ];
  const everywhere = '    deploy: {mode: global, placement: {constraints: [node.labels.a == x]}}\n';
  t.equal(
    await running([taskOf('running', { spec: template() })], nodes, global, everywhere),
    '1/1',
    'one for each node that may',
  );

  const job = service({
    spec: { Mode: { ReplicatedJob: { TotalCompletions: 2, MaxConcurrent: 2 } } },
    status: { JobStatus: { JobIteration: { Index: 4 } } },
  });
  const done = (iteration: number, id: string) => ({
    ...taskOf('complete', { id, desired: 'complete' }),
    JobIteration: { Index: iteration },
  });
  const { now, changes, steps } = await plan({
    compose: compose('    deploy: {mode: replicated-job, replicas: 2}\n'),
    engine: engine({ '/services': [job], '/tasks': [done(3, 'a'), done(4, 'b')] }),
  });
  t.equal(now.services.web?.completed, '1/2', 'only the last run of a job counts');
  t.strictSame([changes, steps], [['services.web.completed: "1/2" -> "2/2"'], []]);
});

t.test('why a service does not run', async (t) => {
  const stuck = async (
    tasks: readonly object[],
    live: object = service(),
    files = '',
    nodes: readonly object[] = [node('n1')],
  ) =>
    (
      await plan({
        compose: compose(files),
        engine: engine({ '/services': [live], '/tasks': tasks, '/nodes': nodes }),
      })
    ).stuck;
  const failure = (id: string) => taskOf('rejected', { id, status: { Err: 'No such image: r.test/x:1' } });
  t.strictSame(await stuck([taskOf('running')]), undefined);
  t.strictSame(await stuck([]), { reason: 'web 0/1: its tasks are yet to be made' });
  t.strictSame(await stuck([taskOf('preparing')]), { reason: 'web 0/1: a task is preparing on host-n1' });
  t.strictSame(await stuck([failure('1'), taskOf('ready')]), {
    reason: 'web 0/1: No such image: r.test/x:1 on host-n1',
  });
  t.strictSame(await stuck([failure('1'), failure('2'), failure('3'), taskOf('ready')]), {
    reason: 'web 0/1: No such image: r.test/x:1 on host-n1 (failed 3 times)',
    finalWhenMore: ['1', '2', '3'],
  });
  const crowded = taskOf('pending', {
    node: '',
    status: { Err: 'no suitable node (insufficient resources)' },
  });
  t.strictSame(
    await stuck([failure('1'), failure('2'), failure('3'), crowded]),
    {
      reason: 'web 0/1: no suitable node (insufficient resources)',
      finalWhenMore: ['1', '2', '3'],
    },
    'they are told while the next task waits too: when it no longer does, they are of the past',
  );
  t.strictSame(
    await stuck([failure('1')]),
    { reason: 'web 0/1: No such image: r.test/x:1 on host-n1', final: true },
    'that is not tried again',
  );

  const constrained = (constraint: string) => ({
    live: service({ task: { Placement: { Constraints: [constraint] } } }),
    files: `    deploy: {placement: {constraints: [${constraint}]}}\n`,
  });
  const pending = taskOf('pending', {
    node: '',
    status: { Err: 'no suitable node (scheduling constraints not satisfied on 2 nodes)' },
  });
  const nodes = [node('n1', { labels: { a: 'no' } }), node('n2', { labels: { b: 'true' }, state: 'down' })];
  const on = (constraint: string) =>
    stuck([pending], constrained(constraint).live, constrained(constraint).files, nodes);
  const words = 'web 0/1: no suitable node (scheduling constraints not satisfied on 2 nodes)';
  t.strictSame(await on('node.labels.c == true'), {
    reason: `${words}: no node has the label c (node.labels.c == true)`,
    final: true,
  });
  t.strictSame(await on('node.labels.a == true'), {
    reason: `${words}: no node satisfies node.labels.a == true: a is 'no' on host-n1`,
    final: true,
  });
  t.strictSame(await on('node.labels.b == true'), { reason: words }, 'a node that is down may come back');

  t.strictSame(
    await stuck(
      [failure('abc')],
      service({
        status: { UpdateStatus: { State: 'paused', Message: 'update paused due to failure of task abc' } },
      }),
    ),
    {
      reason: 'web 0/1: its update was paused: No such image: r.test/x:1 on host-n1',
      final: true,
    },
  );
  const back = service({
    container: { Hostname: 'old' },
    status: { UpdateStatus: { State: 'rollback_completed', Message: 'rollback completed' } },
  });
  t.strictSame(await stuck([], back), {
    reason: 'web 0/1: its update failed and was rolled back: rollback completed',
    final: true,
  });
});

t.test('what is refused', async (t) => {
  const refused = (message: RegExp, scripted: Partial<Scripted>, more: Partial<StackDeployArgs> = {}) =>
    t.rejects(
      plan({ compose: compose(), engine: engine(), ...scripted }, more),
      { code: 'refused', message },
      String(message),
    );
  const info = (swarm: object) => ({ engine: { '/info': { Swarm: swarm } } });
  await refused(
    /this host is in no swarm: stack s cannot be deployed here/,
    info({ LocalNodeState: 'inactive' }),
  );
  await refused(/is a worker of its swarm/, info({ LocalNodeState: 'active', ControlAvailable: false }));
  await refused(/is locked/, info({ LocalNodeState: 'locked' }));
  await refused(/network s_default differs .*driver is bridge, not overlay/, {
    engine: engine({ '/networks': [{ ...network, Driver: 'bridge' }] }),
  });
  await refused(/network s_default differs .*subnets is \["10\.0\.1\.0\/24"\], not \["10\.9\.0\.0\/24"\]/, {
    compose: compose('', 'networks: {default: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}\n'),
  });
  await refused(/external network other .* does not exist/, {
    compose: compose('    networks: {o: null}\n', 'networks: {o: {external: true, name: other}}\n'),
  });
  await refused(/external network other .* is local/, {
    compose: compose('    networks: {o: null}\n', 'networks: {o: {external: true, name: other}}\n'),
    engine: engine({ '/networks': [network, { ...network, Id: 'o', Name: 'other', Scope: 'local' }] }),
  });
  await refused(/external secret k .* does not exist/, {
    compose: compose('    secrets: [{source: k}]\n', 'secrets: {k: {external: true, name: k}}\n'),
  });
  await refused(/image http:\/\/r\.test\/x:1 of service web is not valid/, {
    compose: compose().replace(image, `http://${image}`),
  });
  await refused(/service web has no image/, {
    compose: compose().replace(/ +image.*\n/, '    hostname: x\n'),
  });
  const port = '{target: 80, published: 80, mode: host, protocol: tcp}';
  await refused(/service web publishes port 80\/tcp twice/, {
    compose: compose(`    ports: [${port}, ${port}]\n`),
  });
  await t.rejects(plan({ compose: compose(), engine: { '/info': { Swarm: manager } } }), {
    code: 'command',
    message: /does not answer for its swarm/,
  });
});

/** What stands in the way of a deploy, and what was asked to find out. */
async function inTheWay(
  scripted: Scripted,
  more: Partial<StackDeployArgs> = {},
  foreseen?: ReadonlyMap<string, unknown>,
) {
  const task = stackDeploy({ ...args, ...more });
  const now = await task.fact.read(askOf(scripted, foreseen).ask);
  const fact = task.obstacles(now, task.want(now));
  const { ask, asked } = askOf(scripted, foreseen);
  const found = (await fact?.read(ask)) ?? [];
  return { asked, found, told: found.map(({ why, isCertain }) => (isCertain ? why : `perhaps: ${why}`)) };
}

t.test('images that cannot be had are foreseen', async (t) => {
  const newer = compose().replace(image, 'r.test/x:2');
  const absent = new DabookError('command', 'x', {
    command: { shown: '', status: 404, stderr: 'manifest unknown' },
  });
  const answers = (state: 'here' | 'there' | 'absent' | 'denied' | 'down' | 'late', more: object = {}) => {
    const at = '/distribution/r.test/x%3A2/json';
    const says = (status: number, stderr: string) => ({
      [at]: new DabookError('command', 'x', { command: { shown: '', status, stderr } }),
    });
    const registry = {
      here: {},
      there: { [at]: {} },
      absent: { [at]: absent },
      denied: says(401, 'unauthorized'),
      down: says(500, 'dial tcp: i/o timeout'),
      late: { [at]: new DabookError('command', 'the Docker Engine of ha1 did not answer within 60 s') },
    }[state];
    const local = { '/images/r.test/x%3A2/json': state === 'here' ? { Id: 'x' } : undefined };
    return { compose: newer, engine: engine({ ...local, ...registry, ...more }) };
  };
  const [web, unnamed] = [/image r\.test\/x:2 of service web/, /which alone may run it/];
  t.strictSame((await inTheWay({ compose: compose(), engine: engine() })).asked, [], 'nothing new');
  t.strictSame((await inTheWay(answers('here'))).told, []);
  t.strictSame((await inTheWay(answers('there'))).told, []);
  for (const [state, why] of [
    ['absent', /and its registry has no such image: manifest unknown$/],
    ['down', /and its registry does not answer: dial tcp: i\/o timeout$/],
    ['late', /and its registry does not answer: .*within 60 s$/],
  ] as const) {
    const { told } = await inTheWay(answers(state));
    t.equal(told.length, 1, state);
    for (const part of [web, unnamed, why]) t.match(told[0], part);
    t.notMatch(told[0], /^perhaps/);
  }
  t.strictSame(
    (await inTheWay(answers('denied'))).told,
    [],
    'an update has the credentials of the deploy before',
  );
  const fresh = answers('denied', { '/services': [] });
  t.match((await inTheWay(fresh)).told, [/has no credentials/]);
  t.strictSame((await inTheWay(fresh, { withRegistryAuth: true })).told, []);

  const two = { '/nodes': [node('n1'), node('n2')] };
  t.match((await inTheWay(answers('absent', two))).told, [/^perhaps: .*; a node may have it$/]);
  t.strictSame((await inTheWay(answers('down', two))).told, [], 'another node may have it');
  const never = await inTheWay(answers('absent', two), { resolveImage: 'never' });
  t.strictSame([never.told, never.asked], [[], []]);
  const pinned = compose('    deploy: {placement: {constraints: [node.labels.db == yes]}}\n');
  const only = { ...answers('absent', two), compose: pinned.replace(image, 'r.test/x:2') };
  const labelled = (id: string) => ({
    ...only.engine,
    '/nodes': two['/nodes'].map((each) => (each.ID === id ? node(id, { labels: { db: 'yes' } }) : each)),
  });
  t.match((await inTheWay({ ...only, engine: labelled('n1') })).told, [unnamed]);
  t.match((await inTheWay({ ...only, engine: labelled('n2') })).told, [/^perhaps/], 'where nobody looks');
  const foreseen = new Map<string, unknown>();
  const bare = { id: 'n2', listed: true, labels: {} };
  foresee(foreseen, labelNode({ node: 'n2', labels: { db: 'yes' } }), bare, {
    ...bare,
    labels: { db: 'yes' },
  });
  const moved = await inTheWay({ ...only, engine: labelled('n1') }, {}, foreseen);
  t.match(moved.told, [/^perhaps/], 'a label that the same check would set counts');
  const none = compose('    deploy: {replicas: 0}\n').replace(image, 'r.test/x:2');
  t.strictSame((await inTheWay({ ...answers('absent'), compose: none })).asked, [], 'no task, no image');
});

/** What a check foresees once a node that is yet to join has labels. */
function joinedWith(
  labels: Readonly<Record<string, string>>,
  hostname?: string,
): ReadonlyMap<string, unknown> {
  const foreseen = new Map<string, unknown>();
  const task = labelNode({ node: joiningNode(hostname), labels });
  const now = task.fact.whenUnknown?.() as NodeSpec;
  foresee(foreseen, task, now, task.want(now));
  return foreseen;
}

t.test('ports that others have are foreseen', async (t) => {
  const publishing = (port: object, more: { name?: string; stack?: string; spec?: object } = {}) => ({
    ...service({ spec: more.spec ?? {} }),
    ID: 'other-id',
    Spec: {
      ...service({ spec: more.spec ?? {} }).Spec,
      Name: more.name ?? 'other_web',
      Labels: { [namespaceLabel]: more.stack ?? 'other' },
      EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, ...port }] },
    },
  });
  const wants = (port: string, rest = '') => compose(`    ports: [${port}]\n${rest}`);
  const mesh = { PublishedPort: 443, PublishMode: 'ingress' };
  const host = { PublishedPort: 443, PublishMode: 'host' };
  const port = (mode: string, protocol = 'tcp') =>
    `{target: 80, published: 443, mode: ${mode}, protocol: ${protocol}}`;
  const [ofMesh, ofHost] = [port('ingress'), port('host')];
  const among = async (
    port: string,
    others: readonly object[],
    more: object = {},
    held = '',
    args: Partial<StackDeployArgs> = {},
    foreseen?: ReadonlyMap<string, unknown>,
  ) => {
    const scripted = {
      compose: wants(port),
      held,
      engine: engine({ [everyService]: [service(), ...others], ...more }),
    };
    return (await inTheWay(scripted, args, foreseen)).told;
  };
  t.strictSame(await among(ofMesh, []), []);
  for (const [port, other, where] of [
    [ofMesh, mesh, 'has on every node'],
    [ofHost, mesh, 'has on every node'],
    [ofMesh, host, 'has on its nodes'],
  ] as const) {
    const told = await among(port, [publishing(other)]);
    t.strictSame(told, [`service web publishes port 443/tcp, which service other_web ${where}`], where);
  }
  t.strictSame(await among(port('ingress', 'udp'), [publishing(mesh)]), [], 'a port of another protocol');
  const chosen = { ...publishing({}), Endpoint: { Ports: [mesh] } };
  t.match(await among(ofMesh, [chosen]), [/other_web has on every node/], 'a port that the Engine chose');

  t.match(await among(ofHost, [publishing(host)]), [
    /^service web publishes port 443\/tcp of its node, and service other_web has it on host-n1: no other node/,
  ]);
  const listed = { Endpoint: { Ports: [{ Protocol: 'tcp', TargetPort: 80, ...host }] } };
  t.match(
    await among(ofHost, [{ ...publishing(host), ...listed }]),
    [/has it on host-n1/],
    'as the Engine tells of one that runs',
  );
  t.match(
    await among(ofHost, [publishing(host), publishing(host, { name: 'other_late' })]),
    [/service other_web has it on host-n1/],
    'another one waits for it already',
  );
  const two = { '/nodes': [node('n1'), node('n2')] };
  t.strictSame(await among(ofHost, [publishing(host)], two), [], 'there is another node');
  const global = publishing(host, { spec: { Mode: { Global: {} } } });
  t.match(await among(ofHost, [global], two), [/on host-n1, host-n2: no other node/]);
  const idle = publishing(host, { spec: { Mode: { Replicated: { Replicas: 0 } } } });
  t.strictSame(await among(ofHost, [idle]), [], 'no task has it');

  const bound = (constraint: string) => {
    const { Spec, ...other } = publishing(host);
    const TaskTemplate = { ...Spec.TaskTemplate, Placement: { Constraints: [constraint] } };
    return { ...other, Spec: { ...Spec, TaskTemplate } };
  };
  const joining = async (hostname: string | undefined, rival: object) => {
    const scripted = {
      compose: wants(ofHost, '    deploy: {placement: {constraints: [node.labels.a == yes]}}\n'),
      engine: engine({ [everyService]: [service(), rival], ...two }),
    };
    return (await inTheWay(scripted, {}, joinedWith({ a: 'yes' }, hostname))).told;
  };
  const binds = bound('node.hostname == ha3');
  t.match(
    await joining('ha3', binds),
    [/service other_web has it on ha3: no other node/],
    'it waits for the host',
  );
  t.strictSame(await joining('ha4', binds), [], 'it waits for another one');
  t.match(await joining(undefined, bound('node.labels.a == yes')), [
    /on a node that is yet to join: no other/,
  ]);

  const stray = publishing(mesh, { name: 's_old', stack: 's' });
  t.match(await among(ofMesh, [stray]), [/which service s_old has/]);
  t.strictSame(await among(ofMesh, [stray], {}, '', { prune: true }), [], 'it is removed first');
  const live = service({ spec: { EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, ...mesh }] } } });
  t.strictSame(await among(ofMesh, [], { '/services': [live] }), [], 'its own');
  const leaving = (services: readonly object[]) =>
    new Map<string, unknown>([
      [foreseenStack('other').key, { services }],
      [foreseenStacks.key, ['other']],
    ]);
  t.strictSame(
    await among(ofMesh, [publishing(mesh)], {}, '', {}, leaving([])),
    [],
    'a check that removes it first',
  );
  t.match(
    await among(ofMesh, [], {}, '', {}, leaving([publishing(mesh)])),
    [/which service other_web has on every node/],
    'a check that deploys it first',
  );

  const program = /publishes port 443\/tcp of ha1, which alone may run it, and a program there has that port/;
  t.match(await among(ofHost, [], {}, '443/tcp\n'), [program]);
  t.strictSame(await among(ofHost, [], two, '443/tcp\n'), [], 'it may run elsewhere');
  t.strictSame(await among(ofMesh, [], {}, '443/tcp\n'), [], 'the mesh does without');
  const own = { '/services': [live], [everyService]: [live] };
  t.strictSame(await among(ofHost, [], own, '443/tcp\n'), [], 'its own former port');
  const container = (labels: object) => ({
    '/containers/json': [{ Labels: labels, Ports: [{ PublicPort: 443, Type: 'tcp' }] }],
  });
  const stopping = container({ 'com.docker.swarm.task.id': 'gone' });
  t.strictSame(await among(ofHost, [], stopping, '443/tcp\n'), [], 'of a service that has just been removed');
  t.match(await among(ofHost, [], container({}), '443/tcp\n'), [program], 'a container by itself stays');
});

t.test('files whose merging docker leaves to dabook', async (t) => {
  const files = {
    'a.yml': compose('    hostname: ${NAME:-é}\n'),
    'b.yml': 'version: "3.7"\nservices: {web: {hostname: h}}\n',
    'c.yml': 'version: "3.7"\n',
  };
  const stderr = "unknown shorthand flag: 'c' in -c\nSee 'docker stack --help'.\n";
  const { ask } = askOf({ compose: { files, stderr }, engine: engine() });
  const answers = ask.sh.bind(ask);
  // The second command asks for the variables.
  const withVariables: Ask = {
    ...ask,
    sh: async (command) =>
      command.text.includes('printenv')
        ? { status: 0, stdout: 'NAME=from host\0', stderr: '' }
        : answers(command),
  };
  const now = await stackDeploy(args).fact.read(withVariables);
  t.equal(now.basis.specs.web?.TaskTemplate.ContainerSpec?.Hostname, 'h');
  t.strictSame(
    now.basis.sources.map(({ text }) => text),
    Object.values(files),
    'lengths are in bytes',
  );

  const stray = { ...files, 'b.yml': 'version: "3.7"\nservices: {web: {hostname: h}, wbe: {image: y}}\n' };
  const task = stackDeploy(args);
  const strayNow = await task.fact.read({
    ...withVariables,
    sh: askOf({ compose: { files: stray, stderr }, engine: engine() }).ask.sh,
  });
  t.throws(() => task.want(strayNow), {
    code: 'refused',
    message: /^b\.yml:2:\d+: service wbe is in none of the files before, which define web/,
  });

  const fault = askOf({
    compose: { files, stderr: 'services.web Additional property hostname is not allowed' },
    engine: engine(),
  });
  await t.rejects(stackDeploy(args).fact.read(fault.ask), {
    message: 'a.yml:5:5, b.yml:2:18: services.web Additional property hostname is not allowed',
  });
});

t.test('removal', async (t) => {
  const task = stackRemove({ name: 's' });
  const shown = (now: Awaited<ReturnType<typeof task.fact.read>>) =>
    task.steps(now, task.want(now)).map(showStep);
  const read = (more: Readonly<Record<string, unknown>>) =>
    task.fact.read(askOf({ engine: engine(more) }).ask);

  const whole = await read({
    '/secrets': [{ ID: 'k', Spec: { Name: 's_k' } }],
    '/containers/json': [{ Id: 'c1', Names: ['/s_web.1'], Labels: {} }],
  });
  t.strictSame(
    diff(whole, task.want(whole)).map(({ path, from }) => `${path} ${from}`),
    ['networks[] s_default', 'secrets[] s_k', 'services[] s_web'],
  );
  t.strictSame(
    shown(whole),
    ['remove service s_web of stack s (DELETE /services/web-id)'],
    'services go first',
  );
  const stopping = await read({ '/services': [], '/tasks': [taskOf('running', { desired: 'remove' })] });
  t.strictSame(shown(stopping), [], 'networks wait for the tasks');
  t.match(
    task.stuck(stopping, task.want(stopping))?.reason,
    'still there: network s_default, task task.1 running-1 on host-n1',
  );
  const stopped = await read({ '/services': [], '/tasks': [taskOf('shutdown')] });
  t.strictSame(shown(stopped), ['remove network s_default of stack s (DELETE /networks/net-id)']);
  const foreign = await read({ '/services': [], '/tasks': [], '/networks': [{ ...network, Labels: {} }] });
  t.strictSame(diff(foreign, task.want(foreign)), [], 'what is not of the stack is not touched');
  const dead = await read({ '/services': [], '/networks': [], '/nodes': [node('n1', { state: 'down' })] });
  t.strictSame(diff(dead, task.want(dead)), [], 'nothing is waited for on a node that is down');
  const history = await read({
    '/services': [],
    '/networks': [],
    '/tasks': [taskOf('failed', { id: 'f' })],
    '/containers/json': [{ Id: 'c', Labels: { 'com.docker.swarm.task.id': 'f' } }],
  });
  t.strictSame(diff(history, task.want(history)), [], 'what the swarm keeps of ended jobs stays');

  const of = (swarm: object) =>
    task.fact.read(askOf({ engine: { '/info': { Swarm: swarm }, '/containers/json': [] } }).ask);
  const inactive = await of({ LocalNodeState: 'inactive' });
  t.strictSame(diff(inactive, task.want(inactive)), [], 'no swarm, no stack');
  const worker = await of({ LocalNodeState: 'active' });
  t.throws(() => task.want(worker), { code: 'refused', message: /is a worker of its swarm/ });
});

t.test('removal of some services', async (t) => {
  const task = stackRemove({ name: 's', services: ['web', 'gone'] });
  const db = { ...service(), ID: 'db-id', Spec: { ...service().Spec, Name: 's_db' } };
  const both = engine({
    '/services': [service(), db],
    '/tasks': [taskOf('running'), { ...taskOf('running', { id: 'db-1' }), ServiceID: 'db-id' }],
    '/containers/json': ['s_web', 's_db'].map((name) => ({
      Id: name,
      Names: [`/${name}.1`],
      Labels: { 'com.docker.swarm.service.name': name },
    })),
  });
  const read = (more: Readonly<Record<string, unknown>>) =>
    task.fact.read(askOf({ engine: { ...both, ...more } }).ask);
  const shown = (now: Awaited<ReturnType<typeof read>>) => task.steps(now, task.want(now)).map(showStep);

  const whole = await read({});
  t.equal(task.title, 'remove web, gone of stack s');
  t.strictSame(
    diff(whole, task.want(whole)).map(({ path, from, to }) => `${path} ${from} ${to}`),
    ['services[] s_web undefined'],
    'networks and other services stay',
  );
  t.strictSame(shown(whole), ['remove service s_web of stack s (DELETE /services/web-id)']);
  t.strictSame(diff(task.want(task.want(whole)), task.want(whole)), []);
  const later = await read({ '/tasks': [], '/containers/json': [] });
  t.strictSame(diff(whole, task.want(whole)), diff(later, task.want(later)), 'as planned, however many run');
  const stopping = await read({ '/services': [db] });
  t.strictSame(
    diff(stopping, task.want(stopping)).map(({ path }) => path),
    ['isLeaving'],
  );
  t.strictSame(shown(stopping), [], 'its tasks are waited for');
  t.equal(
    task.stuck(stopping, task.want(stopping))?.reason,
    'still there: task task.1 running-1 on host-n1, container s_web.1',
  );
  const stopped = await read({
    '/services': [db],
    '/tasks': [taskOf('shutdown'), { ...taskOf('running', { id: 'db-1' }), ServiceID: 'db-id' }],
    '/containers/json': [],
  });
  t.strictSame(diff(stopped, task.want(stopped)), []);

  const [none, all] = [stackRemove({ name: 's', services: [] }), stackRemove({ name: 's' })];
  t.not(none.fact.key, all.fact.key, 'no services are not all of them');

  const files = { compose: compose('', `  db: {image: ${image}}\n`), engine: both };
  const foreseen = new Map<string, unknown>();
  const before = await plan(files, {}, foreseen);
  foresee(foreseen, task, whole, task.want(whole));
  const after = await plan(files, {}, foreseen);
  t.strictSame(
    after.changes.filter((change) => !before.changes.includes(change)).map((change) => change.slice(0, 22)),
    ['services.web: null -> '],
    'a deploy in the same check brings back those services and no other',
  );
});

t.test('a deploy that does not wait', async (t) => {
  const down = engine({ '/tasks': [] });
  t.match((await plan({ compose: compose(), engine: down })).changes, [
    'services.web.running: "0/1" -> "1/1"',
  ]);
  t.strictSame((await plan({ compose: compose(), engine: down }, { wait: false })).changes, []);
  const changed = await plan({ compose: compose('    hostname: h\n'), engine: down }, { wait: false });
  t.match(changed.changes, ['services.web.hostname: null -> "h"']);
  t.strictSame(changed.steps, [deployStep]);
  t.strictSame(
    (await plan({ compose: compose(), engine: engine({ '/services': [] }) }, { wait: false })).steps,
    [deployStep],
  );
  const updating = (State: string) =>
    plan(
      {
        compose: compose(),
        engine: engine({ '/services': [service({ status: { UpdateStatus: { State } } })] }),
      },
      { wait: false },
    );
  t.strictSame((await updating('updating')).changes, []);
  t.strictSame((await updating('paused')).steps, [deployStep], 'what was paused is set going again');
});

t.test('behind a deploy of which a check knows nothing, nobody knows the stack', async (t) => {
  const foreseen = new Map<string, unknown>();
  const { ask } = askOf({ compose: compose(), engine: engine() }, foreseen);
  const deploy = stackDeploy(args);
  foreseeSomething(foreseen, deploy, laterState<DeployedStack>('compose files'));
  for (const fact of [
    deploy.fact,
    stackDeploy({ ...args, files: ['z.yml'] }).fact,
    stackRemove({ name: 's' }).fact,
    stackObjects('s'),
    stackSteady({ name: 's' }).fact,
    stackPlaced({ name: 's', on: { web: 'n1' } }).fact,
  ])
    t.notOk(isKnown(await ask.fact<unknown>(fact)), fact.key);
  t.notOk(isKnown((await ask.fact(serviceRestarts('s_web'))).restarts));
  t.ok(isKnown(await ask.fact(stackObjects('other'))), 'another one');
});

t.test('in a check, each task sees what those before it foresaw', async (t) => {
  const scripted = { compose: compose(), engine: engine() };
  const foreseen = new Map<string, unknown>();
  const removal = stackRemove({ name: 's' });
  const deploy = stackDeploy(args);
  const placed = stackPlaced({ name: 's', on: { web: 'n1' } });
  const read = <S>(fact: Fact<S>) => askOf(scripted, foreseen).ask.fact(fact);

  t.ok(isKnown(await read(placed.fact)));
  const preview = async (ask: Ask, task: Task<never>) => {
    const now = await ask.fact(task.fact);
    const want = task.want(now);
    foresee(foreseen, task, want, want);
    return {
      changes: diff(now, want).map(({ path, op }) => `${op} ${path}`),
      steps: task.steps(now, want).map(showStep),
    };
  };
  const host = askOf(scripted, foreseen).ask;
  const removed = {
    changes: ['remove networks[]', 'remove services[]'],
    steps: ['remove service s_web of stack s (DELETE /services/web-id)'],
  };
  const added = { changes: ['add networks.s_default', 'add services.web'], steps: [deployStep] };
  const first = await preview(host, removal as Task<never>);
  t.strictSame(first.steps, removed.steps);
  t.strictSame(await preview(host, deploy as Task<never>), added, 'a deploy sees the removal');
  t.notOk(isKnown(await read(placed.fact)), 'where things will run is not known');
  t.notOk(isKnown(await read(stackSteady({ name: 's' }).fact)), 'nor whether they keep running');
  t.strictSame(
    await preview(host, removal as Task<never>),
    { ...removed, steps: [removed.steps[0]?.replace('web-id', 's_web')] },
    'a removal sees the deploy',
  );
  t.strictSame(await preview(host, deploy as Task<never>), added, 'and once more');
  t.strictSame(
    (await preview(host, deploy as Task<never>)).changes,
    [],
    'the same files again find all done',
  );

  const more = { ...scripted, compose: compose('    hostname: h\n', '  new: {image: r.test/n:1}\n') };
  const otherFiles = await preview(
    askOf(more, foreseen).ask,
    stackDeploy({ ...args, files: ['z.yml'] }) as Task<never>,
  );
  t.strictSame(
    otherFiles.changes,
    ['add services.new', 'add services.web.hostname'],
    'other files of the same stack are held against what the first would leave',
  );

  foreseen.clear();
  foreseen.set(swarmMembership.key, {
    state: 'active',
    role: 'manager',
    nodeId: unknown('id'),
    managers: [],
  });
  const outside = {
    compose: compose(),
    engine: { '/info': { Swarm: { LocalNodeState: 'inactive' } }, '/networks': [], '/containers/json': [] },
  };
  const joined = await askOf(outside, foreseen).ask.fact(deploy.fact);
  t.match(
    deploy.steps(joined, deploy.want(joined)).map(showStep),
    [deployStep],
    'a swarm that is yet to be made',
  );
});

t.test('placement', async (t) => {
  const on = async (nodes: Parameters<typeof stackPlaced>[0]['on']) => {
    const task = stackPlaced({ name: 's', on: nodes });
    const now = await task.fact.read(askOf({ engine: engine({ '/nodes': [node('n1'), node('n2')] }) }).ask);
    const want = task.want(now);
    return {
      changes: diff(now, want).length,
      reason: task.stuck(now, want)?.reason,
      steps: task.steps(now, want),
    };
  };
  t.strictSame(await on({ web: 'n1' }), { changes: 0, reason: undefined, steps: [] });
  t.match(await on({ web: 'n2' }), { reason: 'web runs on host-n1 (n1), not on host-n2 (n2)', steps: [] });
  t.match(
    (await on({ web: ['n1', 'n2'] })).reason,
    'web runs on host-n1 (n1), not on host-n1 (n1), host-n2 (n2)',
  );
  t.match((await on({ other: 'n1' })).reason, 'other runs nowhere, not on host-n1 (n1)');
  t.notOk(
    stackPlaced({ name: 's', on: { web: unknown('id of node ha2') } }).fact.known,
    'a node that is yet to come',
  );
  const worker = askOf({ engine: { '/info': { Swarm: { LocalNodeState: 'active' } } } }).ask;
  await t.rejects(stackPlaced({ name: 's', on: { web: 'n1' } }).fact.read(worker), {
    code: 'refused',
    message: /ha1 is no manager/,
  });
});

t.test('constraints and images, read as docker reads them', (t) => {
  const one = node('n1', { labels: { a: 'True', empty: '' } });
  for (const [constraint, expected] of [
    ['node.labels.a==true', true],
    ['node.labels.a != true', false],
    ['node.labels.missing == x', false],
    ['node.labels.missing != x', true],
    ['node.hostname == HOST-N1', true],
    ['node.role == worker', false],
    ['node.id == n1', true],
    ['node.platform.os == linux', false],
    ['engine.labels.x != y', true],
    ['something else', true],
  ] as const) {
    t.equal(satisfiesAll(one, [constraint]), expected, constraint);
  }
  for (const [image, name] of [
    ['busybox', 'busybox:latest'],
    ['docker.io/library/busybox:1@sha256:ab', 'busybox:1'],
    ['r.test:5000/a/b', 'r.test:5000/a/b:latest'],
    ['r.test/a@sha256:ab', 'r.test/a@sha256:ab'],
  ] as const) {
    t.equal(imageName(image), name);
  }
  for (const good of ['a', 'a/b:1', 'r.test:5000/a_b/c-d:v1.2@sha256:ab', 'localhost/a', 'Registry.Test/a'])
    t.equal(imageFault(good), undefined, good);
  for (const bad of ['http://a/b:1', '', 'A/b', 'a:', 'a b', 'a:b:c', '-a', 'a/'])
    t.type(imageFault(bad), 'string', bad);
  t.end();
});

t.test('a stack that keeps running', async (t) => {
  const read = async (tasks: readonly object[], more: Readonly<Record<string, unknown>> = {}) => {
    const task = stackSteady({ name: 's', seconds: 30 });
    const now = await task.fact.read(askOf({ engine: engine({ '/tasks': tasks, ...more }) }).ask);
    const want = task.want(now);
    t.strictSame(diff(task.want(want), want), [], 'what is wanted wants nothing more');
    t.strictSame(task.steps(now, want), []);
    return [
      isKnown(now) ? now.services.web : undefined,
      diff(now, want).length === 0 ? 'ok' : task.stuck(now, want),
    ];
  };
  const since = (time: string, more: object = {}) =>
    taskOf('running', { status: { Timestamp: `2026-01-01T${time}Z` }, ...more });
  const ended = (state: string, id: string, Err = '') =>
    taskOf(state, {
      id,
      desired: 'shutdown',
      status: { Timestamp: `2026-01-01T00:5${id}:00Z`, Err, Message: 'finished' },
    });
  t.strictSame(await read([since('00:59:30')]), ['steady', 'ok']);
  t.strictSame(await read([since('00:59:31')]), ['running for 29 s', { reason: 'web running for 29 s' }]);
  t.strictSame(
    await read([since('01:00:09')]),
    ['running for 0 s', { reason: 'web running for 0 s' }],
    'a clock that is ahead',
  );
  t.strictSame(await read([ended('failed', '1', 'exit 3'), ended('complete', '2'), since('00:59:50')]), [
    'running for 10 s',
    { reason: 'web running for 10 s, restarted 2 times: finished on host-n1' },
  ]);
  t.strictSame(
    await read([ended('failed', '1', 'exit 3'), since('00:59:00')]),
    ['steady', 'ok'],
    'long over',
  );
  t.strictSame(await read([ended('failed', '1', 'exit 3')]), [
    '0/1 running',
    { reason: 'web 0/1 running, restarted once: exit 3 on host-n1', final: true },
  ]);
  t.strictSame(await read([taskOf('preparing')]), [
    '0/1 running',
    { reason: 'web 0/1 running: a task is preparing on host-n1' },
  ]);
  const old = taskOf('running', { spec: template({ ForceUpdate: 1 }) });
  t.match(await read([old]), ['0/1 running'], 'a task of an earlier spec');
  const job = service({ spec: { Mode: { ReplicatedJob: { TotalCompletions: 2 } } } });
  t.strictSame(await read([], { '/services': [job] }), [undefined, 'ok'], 'a job');
  const none = service({ spec: { Mode: { Replicated: { Replicas: 0 } } } });
  t.strictSame(await read([], { '/services': [none] }), ['steady', 'ok'], 'no replicas');
  await t.rejects(read([], { '/services': [] }), { code: 'refused', message: 'there is no stack s' });
  await t.rejects(read([], { '/info': { Swarm: { LocalNodeState: 'active' } } }), {
    code: 'refused',
    message: 'ha1 is no manager: it cannot tell how stack s runs',
  });
});

t.test('a service that is restarted', async (t) => {
  const read = (
    found: object,
    tasks: readonly object[],
    after: Parameters<typeof serviceRestart>[0]['after'],
  ) => {
    const task = serviceRestart({ service: 's_web', after });
    const { ask } = askOf({ engine: engine({ '/services/s_web': found, '/tasks': tasks }) });
    return { task, ask, reading: task.fact.read(ask) };
  };
  const plan = async (...args: Parameters<typeof read>) => {
    const { task, reading } = read(...args);
    const now = await reading;
    const want = task.want(now);
    t.strictSame(diff(task.want(want), want), [], 'what is wanted wants nothing more');
    return {
      now,
      changes: diff(now, want).map(({ path }) => path),
      steps: task.steps(now, want),
      stuck: task.stuck(now, want),
    };
  };
  const forced = (count: number) => service({ task: { ForceUpdate: count } });
  const running = (count: number) => taskOf('running', { spec: template({ ForceUpdate: count }) });

  const due = await plan(forced(2), [running(2)], 2);
  t.strictSame(due.changes, ['restarts', 'running']);
  t.match(due.steps, [
    {
      path: '/services/web-id/update?version=7',
      body: {
        Name: 's_web',
        TaskTemplate: { ForceUpdate: 3, ContainerSpec: { Image: image } },
        Mode: { Replicated: { Replicas: 1 } },
      },
    },
  ]);
  const done = await plan(forced(3), [running(3), running(2)], 2);
  t.strictSame([done.changes, done.steps], [[], []], 'by whomever');
  const waiting = await plan(forced(3), [running(2)], 2);
  t.strictSame([waiting.changes, waiting.steps], [['tasks'], []], 'is never restarted twice');
  t.strictSame(waiting.stuck, { reason: 's_web 0/1: its tasks are yet to be made' });
  const paused = service({
    task: { ForceUpdate: 3 },
    status: { UpdateStatus: { State: 'paused', Message: 'x' } },
  });
  const stopped = await plan(paused, [running(3)], 2);
  t.strictSame(stopped.changes, ['updating']);
  t.strictSame(stopped.stuck, { reason: 's_web 1/1: its update was paused: x', final: true });

  t.notOk(isKnown(await read(forced(2), [], unknown('restarts')).reading), 'what is not known is skipped');
  const foreseen = new Map<string, unknown>([[foreseenStack('s').key, {}]]);
  const { ask } = askOf({ engine: engine() }, foreseen);
  t.notOk(isKnown((await ask.fact(serviceRestarts('s_web'))).restarts), 'a stack that is yet to change');
  t.strictSame(foreseen.size, 1);
  await t.rejects(read(undefined as never, [], 0).reading, {
    code: 'refused',
    message: 'the swarm has no service s_web',
  });
});

t.test('logs', async (t) => {
  const read = (status: number, stdout: string, lines?: number) => {
    const { ask } = askOf({ engine: engine() });
    const shell: Ask = { ...ask, sh: async () => ({ status, stdout, stderr: '' }) };
    return serviceLogs({ service: 's_web', ...(lines === undefined ? {} : { lines }) }).read(shell);
  };
  const line = (second: number, text: string) => `2026-01-01T00:00:0${second}.000000000Z ${text}\n`;
  const both = line(3, 'three') + line(1, '  one') + line(4, '') + line(2, 'two\r');
  t.strictSame(await read(0, both), ['  one', 'two', 'three', ''], 'in order of time, whoever wrote them');
  t.strictSame(await read(0, both, 2), ['three', '']);
  t.strictSame(await read(143, line(1, 'one')), ['one'], 'what came before the deadline');
  t.strictSame(await read(0, ''), []);
  await t.rejects(read(1, 'no such task or service: s_web\n'), { code: 'refused' });
  await t.rejects(read(1, 'configured logging driver does not support reading\n'), {
    code: 'command',
    message: /s_web cannot be read: configured logging driver/,
  });
  t.throws(() => serviceLogs({ service: 'x', lines: 0 }), { code: 'playbook' });
});

t.test('nodes are as earlier tasks of the check foresee them', async (t) => {
  const pending = taskOf('pending', {
    node: '',
    status: { Err: 'no suitable node (scheduling constraints not satisfied on 2 nodes)' },
  });
  const stuckWith = async (constraints: readonly string[], foreseen: ReadonlyMap<string, unknown>) => {
    const live = service({ task: { Placement: { Constraints: constraints } } });
    const files = `    deploy: {placement: {constraints: [${constraints.join(', ')}]}}\n`;
    const nodes = [node('n1', { labels: { a: 'no' } }), node('n2', { labels: { b: 'true' } })];
    const answers = engine({ '/services': [live], '/tasks': [pending], '/nodes': nodes });
    return (await plan({ compose: compose(files), engine: answers }, {}, foreseen)).stuck;
  };
  const listed = (id: Later<string>, labels = {}): NodeSpec => ({ id, listed: true, labels, state: 'down' });
  const after = (...tasks: readonly ReturnType<typeof labelNode>[]) => {
    const foreseen = new Map<string, unknown>();
    for (const task of tasks) {
      const id = task.title.includes('joining') ? joining : (task.title.split(' ').at(-1) ?? '');
      const now =
        (foreseen.get(nodeSpec(id).key) as NodeSpec | undefined) ??
        listed(id, id === 'n2' ? { b: 'true' } : {});
      foresee(foreseen, task, now, task.want(now));
    }
    return foreseen;
  };
  const joining = unknown('id of the joining node');

  const isFinal = async (constraints: readonly string[], foreseen: ReadonlyMap<string, unknown>) =>
    (await stuckWith(constraints, foreseen))?.final === true;
  const toA = ['node.labels.a == true'];
  t.equal(await isFinal(toA, after()), true, 'nothing was foreseen');
  t.equal(await isFinal(toA, after(labelNode({ node: 'n1', labels: { a: 'true' } }))), false);
  t.equal(await isFinal(toA, after(labelNode({ node: 'n1', labels: { c: 'true' } }))), true);
  const joined = labelNode({ node: joining, labels: { a: 'true' }, name: 'joining' });
  t.equal(await isFinal(toA, after(joined)), false, 'a node that is yet to join');
  t.equal(await isFinal([...toA, 'node.hostname == ha9'], after(joined)), false, 'its hostname is not known');
  const named = joinedWith({ a: 'true' }, 'ha9');
  t.equal(await isFinal([...toA, 'node.hostname == ha9'], named), false, 'its host has said its name');
  t.equal(await isFinal([...toA, 'node.hostname == ha8'], named), true);
  t.equal(await isFinal([...toA, 'node.labels.b == true'], after(joined)), true, 'its labels are');
  t.equal(await isFinal([...toA, 'node.role == manager'], after(joined)), true, 'it joins as a worker');
  const toB = ['node.labels.b == true'];
  t.equal(await isFinal(toB, after(nodeAvailability({ node: 'n2', availability: 'active' }))), false);
  t.equal(await isFinal(toB, after(nodeRemove({ node: 'n2' }))), true);

  const { ask } = askOf(
    { engine: {} },
    new Map([
      ...after(
        nodeAvailability({ node: 'n1', availability: 'drain' }),
        labelNode({ node: 'n1', labels: { a: 'true' } }),
        nodeRemove({ node: 'n2' }),
      ),
      [
        swarmMembership.key,
        { role: 'manager', nodes: [listed('n1'), listed('n2'), { ...listed('n3'), availability: 'active' }] },
      ],
    ]),
  );
  t.strictSame(
    (await swarmNodes.read(ask)).map(({ id, availability, labels }) => [id, availability, labels]),
    [
      ['n1', 'drain', { a: 'true' }],
      ['n3', 'active', {}],
    ],
  );
});
