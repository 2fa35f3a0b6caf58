import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { type Command, sh } from '../../sh.ts';
import { isForeseen, noService } from './read-service.ts';

export interface ServiceLogsArgs {
  /** Its name in the swarm: `da_policy`; or the id of one of its tasks, for what that one wrote. */
  readonly service: string;
  /** So many of the last lines; 50 by default. */
  readonly lines?: number | undefined;
}

/** Seconds after which what has come by then is all: a node that is cut off does not hand out its logs. */
const deadline = 20;

/**
 * The last lines that a service's tasks wrote to stdout and stderr, wherever they run, in order of time; those
 * of former tasks too, as far as their containers are kept. Empty for a service that has not written anything,
 * and in check mode for one that is yet to be deployed.
 * @throws DabookError `refused` when the swarm has no such service; `command` where the logs cannot be read
 * @example const lines = await host.read(serviceLogs({ service: 'da_policy', lines: 20 }))
 */
export function serviceLogs({ service, lines = 50 }: ServiceLogsArgs): Fact<readonly string[]> {
  if (!Number.isInteger(lines) || lines < 1) {
    throw new DabookError('playbook', `serviceLogs: ${lines} lines cannot be asked for`, {
      hint: 'give a whole number from 1 on',
    });
  }
  return fact<readonly string[]>({
    key: ['service logs', service, lines],
    read: async (ask) => {
      // With times, so that lines of several tasks, and of stdout and stderr, can be put in order.
      const logs = sh`docker service logs --raw --timestamps --tail ${lines} ${service} 2>&1`;
      const { status, stdout } = await ask.sh(withDeadline(logs), { ok: [0, 1, stopped] });
      if (status === 1) {
        if (isForeseen(ask, service)) return [];
        const said = stdout.trim();
        if (/no such (task or )?service/i.test(said)) throw noService(service);
        throw new DabookError('command', `the logs of service ${service} cannot be read: ${said}`, {
          hint: 'logs can be read at a manager, of services that log to json-file, local or journald',
        });
      }
      const entries = stdout.split(/\r?\n/).filter((line) => line !== '');
      return entries
        .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
        .slice(-lines)
        .map((line) => line.slice(timeOf(line).length).replace(/^ /, ''));
    },
  });
}

/** A shell's status for a command that SIGTERM ended. */
const stopped = 143;

/** Ends a command when its time is up; what it has printed by then is kept, and no process stays behind. */
function withDeadline(command: Command): Command {
  const watch = sh`(trap 'kill $!; exit' TERM; sleep ${deadline} & wait $! && kill "$c")`;
  return sh`${command} & c=$!; ${watch} >/dev/null 2>&1 & w=$!; wait "$c"; r=$?; kill "$w" 2>/dev/null; wait "$w"; exit "$r"`;
}

/** The time that a line begins with, as docker writes it; each has nine digits behind the second. */
function timeOf(line: string): string {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(line)?.[0] ?? '';
}
