import { unscoped } from '../../compose/namespace.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { type Stuck, task } from '../../task.ts';
import { isKnown, type Later, unknown } from '../../unknown.ts';
import type { EngineService } from './engine-objects.ts';
import { foreseenStack } from './foreseen-stack.ts';
import { type LiveStack, readStack } from './read-stack.ts';
import { errorOf, nodeOf, notRunning } from './service-trouble.ts';
import { isJobSpec, taskProgress, wantedTasks } from './task-progress.ts';

export interface StackSteadyArgs {
  readonly name: string;
  /** Seconds that every task must have been running for; 30 by default. */
  readonly seconds?: number | undefined;
  /** Seconds until that must be so; a minute more than `seconds` by default. */
  readonly timeout?: number | undefined;
}

/** How long the services of a stack have been running, by their names in the compose files. */
export interface StackSteadiness {
  /** `steady` for those that have been running for long enough; else for how long, or how many of the tasks run. */
  readonly services: Readonly<Record<string, string>>;
  /** What it was read from; the same before and after. */
  readonly live: LiveStack;
}

/**
 * Verifies that a stack keeps running: that every task of its services runs, and has been for so many seconds
 * by the manager's clock. Changes nothing; a stack that has been up for a while costs one look. Jobs are left
 * out, as they end. In check mode it is unknown when the stack is yet to change.
 * @throws DabookError `refused` when the host is no manager, or there is no such stack
 * @example stackSteady({ name: 'da', seconds: 60 })
 */
export const stackSteady = task('stackSteady', {
  rights: 'docker',
  title: ({ name, seconds = 30 }: StackSteadyArgs) => `services of ${name} running for ${seconds} s`,
  fact: steadiness,
  want: (now) => {
    if (!isKnown(now)) return now;
    const services = Object.keys(now.services).map((service) => [service, steady] as const);
    return { ...now, services: Object.fromEntries(services) };
  },
  steps: () => [],
  settle: ({ seconds = 30, timeout = seconds + 60 }) => ({ timeout, interval: 0.5 }),
  stuck: (now, _want, { name }) => {
    if (!isKnown(now)) return undefined;
    const { services, live } = now;
    const stuck = live.services
      .map((service) => ({ service, key: unscoped(name, service.Spec.Name) }))
      .filter(({ key }) => services[key] !== undefined && services[key] !== steady)
      .map(({ service, key }) => ({ key, count: services[key], ...trouble(service, live) }));
    if (stuck.length === 0) return undefined;
    const reason = stuck.map(({ key, count, reason }) => `${key} ${count}${reason}`).join('; ');
    const more = stuck.flatMap(({ finalWhenMore }) => finalWhenMore ?? []);
    if (stuck.some(({ final }) => final)) return { reason, final: true };
    return more.length === 0 ? { reason } : { reason, finalWhenMore: more };
  },
});

const steady = 'steady';

function steadiness({ name, seconds = 30 }: StackSteadyArgs): Fact<Later<StackSteadiness>> {
  return fact<Later<StackSteadiness>>({
    key: ['stack steadiness', name, seconds],
    read: async (ask) => {
      if (ask.foreseen(foreseenStack(name))) return unknown(`steadiness of stack ${name}`);
      const live = await readStack(ask, name);
      if (!isKnown(live)) return live;
      if (!live.host.isManager) {
        throw refuse(
          `${ask.host} is no manager: it cannot tell how stack ${name} runs`,
          'ask a manager of the swarm',
        );
      }
      if (live.services.length === 0) throw refuse(`there is no stack ${name}`, 'deploy it first');
      const lasting = live.services.filter(({ Spec }) => !isJobSpec(Spec));
      return {
        services: Object.fromEntries(
          lasting.map((service) => [unscoped(name, service.Spec.Name), shown(service, live, seconds)]),
        ),
        live,
      };
    },
  });
}

function shown(service: EngineService, live: LiveStack, seconds: number): string {
  const { done } = taskProgress(service, live);
  const wanted = wantedTasks(service.Spec, live.nodes);
  if (done.length < wanted) return `${done.length}/${wanted} running`;
  const youngest = Math.min(...done.map(({ Status }) => ran(Status.Timestamp, live)));
  return youngest >= seconds ? steady : `running for ${Math.floor(youngest)} s`;
}

/** Seconds since a time of the swarm. One that its node's clock has in the future is now. */
function ran(since: string | undefined, { host }: LiveStack): number {
  return Math.max((host.time - Date.parse(since ?? '')) / 1000 || 0, 0);
}

/** `, restarted 3 times: task: non-zero exit (1) on ha2`; else why its tasks do not run, where they do not. */
function trouble(service: EngineService, live: LiveStack): Stuck {
  const { done, ended } = taskProgress(service, live);
  const last = ended.at(-1);
  const isShort = done.length < wantedTasks(service.Spec, live.nodes);
  const { reason, ...more }: Stuck = isShort ? notRunning(service, live) : { reason: '' };
  if (last === undefined) return { reason: reason && `: ${reason}`, ...more };
  const times = ended.length === 1 ? 'once' : `${ended.length} times`;
  return { reason: `, restarted ${times}: ${errorOf(last)}${nodeOf(last, live)}`, ...more };
}
