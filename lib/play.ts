import PQueue from 'p-queue';
import { batches, countOf } from './batches.ts';
import { endingOf } from './ending.ts';
import { codeOf, DabookError, type ErrorCode } from './errors.ts';
import { type Host, seenFrom } from './host.ts';
import { interruptedLater } from './interrupted-later.ts';
import type { PlayOptions } from './play-options.ts';
import { isTold, markTold, type RunContext } from './run-context.ts';
import { whereIn } from './where.ts';

/** The only fan-out of a playbook. */
export interface Play {
  /**
   * Runs `work` for one host, and gives what it gave.
   * @throws the error with which `work` failed
   * @example const swarm = await play('Read the swarm', manager, (host) => host.read(swarmMembership))
   */
  <H extends Host, R>(
    title: string,
    host: H,
    work: (host: H) => Promise<R>,
    options?: PlayOptions<NoInfer<H>>,
  ): Promise<R>;
  /**
   * Runs `work` for every host, in parallel. A host that fails stops only itself. Gives what `work` gave,
   * in the order of the hosts, for those that did not fail and are within the limit.
   * @throws DabookError `run` when more hosts failed than `maxFail` allows
   * @example const joined = await play('Join the workers', workers, (worker) => worker.run(swarmJoin({ swarm })))
   */
  <H extends Host, R>(
    title: string,
    hosts: readonly H[],
    work: (host: H) => Promise<R>,
    options?: PlayOptions<NoInfer<H>>,
  ): Promise<R[]>;
}

/** Makes the `play` of a run. */
export function createPlay(context: RunContext): Play {
  async function play<H extends Host, R>(
    title: string,
    hosts: H | readonly H[],
    work: (host: H) => Promise<R>,
    options: PlayOptions<H>,
    where: string | undefined,
  ): Promise<R | R[]> {
    const list = isList(hosts) ? hosts.filter(({ name }) => mayServe(name, context)) : [hosts];
    const allowed = isList(hosts) ? countOf(options.maxFail ?? 0, list.length, 0) : 0;
    const lost = isList(hosts) ? undefined : context.failed.get(hosts.name);
    if (lost !== undefined) throw lost;
    const { results, failures } = await serveAll(
      title,
      list,
      work,
      { ...options, maxFail: allowed },
      context,
    );
    if (isList(hosts)) {
      const failed = namesOf(failures, (code) => code !== 'waiting');
      if (failed.length > allowed) throw ended(title, list.length, failed, where);
      // What is waited for is no failure, and ends the run whatever `maxFail` allows.
      for (const error of failures.values()) if (codeOf(error) === 'waiting') throw error;
      return results;
    }
    if (failures.size > 0) throw failures.get(hosts.name);
    return results[0] as R;
  }

  // Not async itself: the very promise that the playbook gets is the one that is tracked.
  return (<H extends Host, R>(
    title: string,
    hosts: H | readonly H[],
    work: (host: H) => Promise<R>,
    options: PlayOptions<H> = {},
  ) => {
    const where = whereIn(new Error().stack, context.cwd);
    return context.underWay.track(play(title, hosts, work, options, where), where);
  }) as Play;
}

/** A play for one host is served outside of the limit too, since later plays need what it gives: read, not changed. */
function mayServe(host: string, context: RunContext): boolean {
  return context.limit.has(host) && !context.failed.has(host);
}

interface Served<R> {
  readonly results: R[];
  readonly failures: ReadonlyMap<string, unknown>;
}

async function serveAll<H extends Host, R>(
  title: string,
  hosts: readonly H[],
  work: (host: H) => Promise<R>,
  options: PlayOptions<H>,
  context: RunContext,
): Promise<Served<R>> {
  const allowed = countOf(options.maxFail ?? 0, hosts.length, 0);
  const queued = batches(hosts, options.serial);
  const started = performance.now();
  const failures = new Map<string, unknown>();
  const results: R[] = [];

  /** Tells when a host has its slot, and when it gives it back. */
  async function served(host: H): Promise<R[]> {
    const about = { host: host.name, play: title };
    const begun = performance.now();
    context.emit({ type: 'host.started', ...about });
    const given = await serve(host);
    context.emit({ type: 'host.ended', ...about, seconds: (performance.now() - begun) / 1000 });
    return given;
  }

  async function serve(host: H): Promise<R[]> {
    let isBegun = false;
    const given = await attempt(host, context, (context) => {
      isBegun = true;
      return work(seenFrom(host, title, options, context));
    });
    const { always } = options;
    if (always === undefined || !isBegun) return given;
    const undone = await interruptedLater(context, (context) =>
      attempt(host, context, (context) => always(seenFrom(host, title, options, context))),
    );
    return undone.length > 0 ? given : [];
  }

  /** What some work for a host gave; nothing where it failed, which is told and remembered. */
  async function attempt<T>(
    host: H,
    context: RunContext,
    some: (context: RunContext) => Promise<T>,
  ): Promise<T[]> {
    try {
      context.signal.throwIfAborted();
      return [await some(context)];
    } catch (error) {
      // A host that is lost has been told as such.
      const isNews = codeOf(error) !== 'unreachable' && !isTold(context, error);
      if (isNews && !context.signal.aborted) tellWork(context, title, host.name, error);
      // The first error is the one that matters; another has been told.
      if (!failures.has(host.name)) {
        failures.set(host.name, error);
        context.failed.set(host.name, error);
      }
      return [];
    }
  }

  context.emit({ type: 'play.started', play: title, hosts: hosts.map(({ name }) => name) });
  for (const batch of queued) {
    const waits = namesOf(failures, (code) => code === 'waiting').length > 0;
    if (context.signal.aborted || waits || failures.size > allowed) break;
    const forks = new PQueue({ concurrency: countOf(options.forks ?? context.forks, hosts.length, 1) });
    const given = await Promise.all(batch.map((host) => forks.add(() => served(host))));
    results.push(...given.flat());
  }
  const seconds = (performance.now() - started) / 1000;
  const unreachable = namesOf(failures, isGone);
  const waiting = namesOf(failures, (code) => code === 'waiting');
  const failed = namesOf(failures, (code) => !isGone(code) && !isStopped(code));
  context.emit({ type: 'play.ended', play: title, failed, unreachable, waiting, seconds });
  context.signal.throwIfAborted();
  return { results, failures };
}

/** Nothing more can be done there, and nobody need have failed. */
function isGone(code: ErrorCode): boolean {
  return code === 'unreachable' || code === 'lost';
}

/** Its work ended with the run, and not by a failure of its own. */
function isStopped(code: ErrorCode): boolean {
  return ['waiting', 'locked', 'unapproved', 'interrupted'].includes(code);
}

/** The hosts whose error has such a code. */
function namesOf(
  failures: ReadonlyMap<string, unknown>,
  isSuch: (code: ErrorCode) => boolean,
): readonly string[] {
  return [...failures].filter(([, error]) => isSuch(codeOf(error))).map(([name]) => name);
}

/** Tells an error of the playbook's own code, or of a fact that it read: no task has told it. */
function tellWork(context: RunContext, play: string, host: string, error: unknown): void {
  const about = { host, task: context.nextTask(), name: 'playbook', title: play, play };
  const stack = error instanceof Error ? error.stack : undefined;
  context.emit({ type: 'task.started', ...about });
  const ending = endingOf(error, whereIn(stack, context.cwd));
  context.emit({ type: 'task.ended', ...about, seconds: 0, ...ending });
  markTold(context, error);
}

function ended(title: string, total: number, names: readonly string[], where?: string): DabookError {
  const shown =
    names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  const at = where === undefined ? '' : ` (${where})`;
  return new DabookError(
    'run',
    `the run ends after "${title}"${at}: ${names.length} of ${total} hosts failed: ${shown}`,
  );
}

function isList<H>(hosts: H | readonly H[]): hosts is readonly H[] {
  return Array.isArray(hosts);
}
