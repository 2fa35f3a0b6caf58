import t from 'tap';
import type { Ask, Fact } from '../../lib/fact.ts';
import { foreseenStack } from '../../lib/tasks/stack/foreseen-stack.ts';
import { serviceTasks } from '../../lib/tasks/stack/index.ts';
import { isKnown } from '../../lib/unknown.ts';

const spec = (image: string) => ({ ContainerSpec: { Image: image } });
const service = {
  ID: 'web-id',
  Version: { Index: 7 },
  Spec: { Name: 's_web', TaskTemplate: spec('x:2'), Mode: { Replicated: { Replicas: 1 } } },
};

function taskOf(id: string, State: string, second: number, more: object = {}) {
  return {
    ID: id,
    ServiceID: 'web-id',
    Slot: 1,
    NodeID: 'n1',
    Spec: spec('x:2'),
    CreatedAt: `2026-01-01T00:00:0${second}.5Z`,
    DesiredState: State === 'failed' ? 'shutdown' : 'running',
    Status: { State, Timestamp: `2026-01-01T00:00:0${second}.9Z`, ...more },
  };
}

function askOf(engine: Readonly<Record<string, unknown>>, foreseen: ReadonlySet<string> = new Set()): Ask {
  return {
    host: 'ha1',
    docker: async (path: string) => engine[path.split('?')[0] ?? ''],
    fact: <S>(fact: Fact<S>): Promise<S> => fact.read({} as Ask),
    foreseen: ({ key }: { readonly key: string }) => foreseen.has(key),
  } as unknown as Ask;
}

const engine = (tasks: readonly object[]) => ({
  '/info': {
    SystemTime: '2026-01-01T00:00:09.9Z',
    Swarm: { LocalNodeState: 'active', NodeID: 'n1', ControlAvailable: true },
  },
  '/services/s_web': service,
  '/tasks': tasks,
  '/nodes': [{ ID: 'n1', Spec: { Availability: 'active' }, Status: { State: 'ready' } }],
});

t.test('tasks of a service, the newest first, with what they are worth', async (t) => {
  const former = { ...taskOf('old', 'running', 1), Spec: spec('x:1') };
  const failed = taskOf('failed', 'failed', 2, { Err: 'task: non-zero exit (1)' });
  const started = taskOf('new', 'running', 8);
  const found = await serviceTasks('s_web').read(askOf(engine([former, started, failed])));
  t.strictSame(found, [
    { id: 'new', state: 'running', seconds: 1, isCurrent: true, isUp: false },
    {
      id: 'failed',
      state: 'failed',
      seconds: 7,
      isCurrent: true,
      isUp: false,
      error: 'task: non-zero exit (1)',
    },
    { id: 'old', state: 'running', seconds: 8, isCurrent: false, isUp: false },
  ]);
  const alone = await serviceTasks('s_web').read(askOf(engine([started])));
  t.match(alone, [{ isUp: true }], 'one that never failed is up at once');
});

t.test('in a check of a stack that would change it is not known; a stranger is refused', async (t) => {
  const foreseen = new Set([foreseenStack('s').key]);
  t.notOk(isKnown(await serviceTasks('s_web').read(askOf(engine([]), foreseen))));
  await t.rejects(serviceTasks('s_no').read(askOf(engine([]))), { code: 'refused' });
});
