import t from 'tap';
import { z } from 'zod';
import type { Event } from '../../lib/events.ts';
import { docker, exec, fact, type Host, playbook, type Rights, sh, task } from '../../lib/index.ts';
import { collectPlan } from '../../lib/plan/collect-plan.ts';
import { run } from '../../lib/run.ts';
import * as tasks from '../../lib/tasks/index.ts';
import { createMemoryTransport } from '../../lib/transport/memory.ts';
import { createDriftReport } from '../../lib/views/drift-report.ts';
import { createPlainView } from '../../lib/views/plain-view.ts';
import { inventoryOf, only } from './settings.ts';

/** Asks by command and by Engine, and does both. */
const both = (rights: Rights | undefined) =>
  task(`${rights}`, {
    ...(rights === undefined ? {} : { rights }),
    title: () => `needs ${rights}`,
    fact: () =>
      fact({
        key: ['both', `${rights}`],
        read: async (ask) => {
          await Promise.all([ask.sh(sh`look ${`${rights}`}`), ask.docker(`/info?${rights}`)]);
          return 'as it is';
        },
      }),
    want: () => 'otherwise',
    steps: () => [exec(sh`change`), docker('POST', '/change', { title: 'change' })],
  })({});

async function runAll({ become = true, check = false, isInDockerGroup = false }) {
  const events: Event[] = [];
  const { connect, asked } = createMemoryTransport({
    hosts: { a: { isInDockerGroup, exec: () => '', docker: () => ({ status: 200, body: {} }) } },
  });
  const book = playbook({ name: 'rights', groups: { all: z.object({}) } }, async ({ groups, play }) => {
    const work = async (host: Host) => {
      for (const rights of [undefined, 'docker', 'user'] as const)
        await host.run(both(rights)).catch(() => {});
    };
    await play('all', groups.all, work, { become, maxFail: 1 });
  });
  await run(book, inventoryOf({ all: ['a'] }), { connect, onEvent: (event) => events.push(event), check });
  return { asked, events };
}

t.test('a task takes root for no more than it needs', async (t) => {
  const as = async (become: boolean) => {
    const { asked } = await runAll({ become });
    const words = asked.flatMap((each) =>
      each.type === 'exec' || each.type === 'docker' ? `${each.type} ${each.become}` : [],
    );
    return [...new Set(words)].sort();
  };
  t.same(await as(false), ['docker false', 'exec false'], 'a play without become never does');
  t.same(await as(true), ['docker false', 'docker true', 'exec false', 'exec true']);
  const { events, asked } = await runAll({ check: true });
  const named = only(events, 'task.started').map(({ name }) => name);
  t.same(named, ['undefined', 'docker', 'user']);
  t.same(
    asked.flatMap((each) => ('become' in each ? `${each.type} ${each.become}` : [])),
    ['exec true', 'docker true', 'exec false', 'docker true', 'exec false', 'docker false'],
    'in their order: all, calls of the Engine, nothing',
  );
});

t.test('it is told as it was found', async (t) => {
  for (const [isInDockerGroup, expected] of [
    [false, ['needs undefined', 'needs docker']],
    [true, ['needs undefined']],
  ] as const) {
    const { events } = await runAll({ check: true, isInDockerGroup });
    const ended = only(events, 'task.ended');
    t.same(
      ended.flatMap(({ title, asRoot }) => (asRoot ? title : [])),
      expected,
    );
    const numbers = new Set(ended.flatMap(({ task, asRoot }) => (asRoot ? task : [])));
    t.same(
      only(events, 'task.planned').flatMap(({ task, asRoot }) => (asRoot ? task : [])),
      [...numbers],
    );
    const plan = collectPlan();
    const drift = createDriftReport();
    const lines: string[] = [];
    const out = { write: (text: string) => lines.push(text) > 0 };
    const view = createPlainView({ out: out as never, color: false, diff: false, verbosity: 0 });
    for (const event of events) for (const each of [plan, drift, view]) each.handle(event);
    t.same(
      plan.tasks.flatMap(({ title, asRoot }) => (asRoot ? title : [])),
      expected,
    );
    t.same(
      drift.report()?.findings.flatMap(({ title, asRoot }) => (asRoot ? title : [])),
      expected,
    );
    t.same(
      lines.flatMap((line) => /(needs \w+) {2}\(as root\)/.exec(line)?.[1] ?? []),
      expected,
    );
  }
  const { events } = await runAll({ check: true, become: false });
  t.notOk(only(events, 'task.ended').some(({ asRoot }) => asRoot));
});

t.test('tasks of the swarm need the socket alone', (t) => {
  const stack = { name: 's' };
  const node = { node: 'n' };
  const needing = [
    tasks.swarmLeave({}),
    tasks.labelNode({ ...node, labels: { a: 'b' } }),
    tasks.nodeAvailability({ ...node, availability: 'drain' }),
    tasks.nodeRemove(node),
    tasks.nodesReady({ nodes: { a: 'n' } }),
    tasks.stackRemove(stack),
    tasks.stackSteady({ ...stack, seconds: 1 }),
    tasks.stackPlaced({ ...stack, on: { web: 'n' } }),
    tasks.serviceRestart({ service: 's_web', after: 0 }),
    tasks.swarmInit(),
  ];
  for (const { name, rights } of needing) t.equal(rights, 'docker', name);
  t.equal(tasks.portAnswers({ address: 'a', port: 1 }).rights, 'user');
  t.equal(tasks.stackDeploy({ ...stack, files: ['a.yml'] }).rights, 'play', 'it reads files');
  t.end();
});
