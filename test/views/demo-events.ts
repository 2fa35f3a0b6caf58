import type { Change, Counts, Event, Fault, Happening, RunEnded, TaskStatus } from '../../lib/events.ts';
import type { Form } from '../../lib/form.ts';

const START = Date.parse('2026-01-05T10:00:00.000Z');

interface Ending {
  readonly status: TaskStatus;
  readonly changes?: readonly Change[];
  readonly steps?: readonly string[];
  readonly opaque?: true;
  readonly fault?: Fault;
  readonly note?: string;
  readonly form?: Form;
}

/** Writes events as a run would: numbers tasks and commands, keeps the time and the counts. */
export function createScript(options: { check?: boolean; playbook?: string; hosts: readonly string[] }) {
  const { check = false, playbook = 'ha.ts', hosts } = options;
  const events: Event[] = [];
  const counts = new Map(
    hosts.map((host) => [
      host,
      { ok: 0, changed: 0, unknown: 0, failed: 0, lost: 0, unreachable: 0, skipped: 0, waiting: 0 },
    ]),
  );
  let clock = START;
  let numbers = 0;

  const emit = (happening: Happening) => {
    events.push({ ...happening, at: new Date(clock).toISOString() } as Event);
  };
  const count = (host: string, kind: keyof Counts) => {
    const of = counts.get(host);
    if (of !== undefined) of[kind] += 1;
  };
  const start = (host: string, title: string, name = 'task') => {
    numbers += 1;
    emit({ type: 'task.started', host, task: numbers, name, title });
    return numbers;
  };
  const end = (host: string, task: number, title: string, seconds: number, ending: Ending, name = 'task') => {
    const { status, changes = [], steps = [], opaque, fault, note, form } = ending;
    const asks = form ? { form } : {};
    emit({ type: 'task.planned', host, task, changes, steps, ...(opaque ? { opaque } : {}), ...asks });
    if (!check) {
      for (const shown of steps) {
        numbers += 1;
        const command = { host, task, command: numbers, purpose: 'step', shown } as const;
        emit({ type: 'command.started', ...command });
        emit({
          type: 'command.ended',
          ...command,
          status: fault?.command?.status ?? 0,
          seconds: 0.02,
          trip: 2,
        });
      }
    }
    clock += seconds * 1000;
    const held = status === 'waiting' ? asks : {};
    const more = { ...(fault ? { fault } : {}), ...(note ? { note } : {}), ...held };
    emit({ type: 'task.ended', host, task, name, title, status, seconds, ...more });
    // As the run itself counts: a lost host is not failed as well.
    if (fault?.code !== 'unreachable') count(host, status === 'would-change' ? 'changed' : status);
  };

  emit({ type: 'run.started', playbook, check, hosts });
  return {
    events,
    emit,
    start,
    end,
    wait(seconds: number) {
      clock += seconds * 1000;
    },
    now: () => clock,
    task(host: string, title: string, seconds: number, ending: Ending) {
      end(host, start(host, title), title, seconds, ending);
    },
    unreachable(host: string, fault: Fault) {
      emit({ type: 'host.unreachable', host, fault });
      count(host, 'unreachable');
    },
    finish(outcome: RunEnded['outcome'], fault?: Fault): readonly Event[] {
      const seconds = (clock - START) / 1000;
      const more = fault === undefined ? {} : { fault };
      const roundTrips = Object.fromEntries(hosts.map((host) => [host, 2]));
      emit({
        type: 'run.ended',
        check,
        outcome,
        seconds,
        hosts: Object.fromEntries(counts),
        roundTrips,
        ...more,
      });
      return events;
    },
  };
}

const tokenFault: Fault = {
  code: 'command',
  message: 'ha3 could not join the swarm of ha1',
  where: 'ha.ts:12:5',
  command: {
    shown: 'POST /swarm/join',
    status: 503,
    stderr: 'rpc error: code = Unavailable\r\n\x1b[31mconnection refused\x1b[0m to 10.0.0.1:2377\n',
  },
  causes: ['connect ECONNREFUSED 10.0.0.1:2377'],
  hint: 'open port 2377 of ha1 for ha3, then run again',
};

/** High availability on three hosts: one manager, a worker that joins, and a worker that cannot. */
export function haEvents(options: { check?: boolean; trouble?: boolean } = {}): readonly Event[] {
  const { check = false, trouble = true } = options;
  const changed: TaskStatus = check ? 'would-change' : 'changed';
  const hosts = ['ha1', 'ha2', 'ha3'];
  const run = createScript({ check, hosts });

  run.emit({ type: 'play.started', play: 'Swarm on the manager', hosts: ['ha1'] });
  run.task('ha1', 'swarm, advertised at 10.0.0.1', 0.21, { status: 'ok' });
  run.emit({
    type: 'play.ended',
    play: 'Swarm on the manager',
    failed: [],
    unreachable: [],
    waiting: [],
    seconds: 0.21,
  });

  run.emit({ type: 'play.started', play: 'Join the workers', hosts: ['ha2', 'ha3'] });
  for (const worker of ['ha2', 'ha3']) {
    run.task(worker, 'leave the swarm 9qd…', 1.25, {
      status: changed,
      changes: [{ path: 'state', op: 'change', from: 'active', to: 'inactive' }],
      steps: ['POST /swarm/leave?force=true'],
    });
    const joins = {
      changes: [
        { path: 'state', op: 'change', from: 'inactive', to: 'active' },
        { path: 'nodeId', op: 'add', to: '(known after apply)' },
      ],
      steps: ['POST /swarm/join <worker join token>'],
    } as const;
    if (worker === 'ha3' && trouble)
      run.task(worker, 'join the swarm', 2.5, { status: 'failed', fault: tokenFault, ...joins });
    else run.task(worker, 'join the swarm', 2.5, { status: changed, ...joins });
  }
  const failed = trouble ? ['ha3'] : [];
  run.emit({
    type: 'play.ended',
    play: 'Join the workers',
    failed,
    unreachable: [],
    waiting: [],
    seconds: 7.5,
  });

  run.emit({ type: 'play.started', play: 'Deploy', hosts: ['ha1'] });
  run.task('ha1', 'label node 4kx…', 0.4, {
    status: changed,
    changes: [
      { path: 'labels.da-policy-service1', op: 'add', to: 'true' },
      { path: 'labels.zone', op: 'change', from: 'a', to: '' },
      { path: 'labels.old', op: 'remove', from: 'true' },
    ],
    steps: ['POST /nodes/4kx/update?version=7'],
  });
  run.task('ha1', 'file /etc/da/versiontag.yml', 0.1, {
    status: changed,
    changes: [
      {
        path: 'content',
        op: 'change',
        from: 'services:\n  web:\n    tag: 1\n',
        to: 'services:\n  web:\n    tag: 2\n',
      },
      { path: 'mode', op: 'change', from: '0644', to: '0600' },
      // Not shown: the text is.
      { path: 'sha256', op: 'change', from: 'f'.repeat(64), to: '0'.repeat(64) },
    ],
    steps: ['put /etc/da/versiontag.yml root:root 0600'],
  });
  run.task('ha1', 'remove stack old', 0, { status: 'skipped', note: 'left out by --tags' });
  run.emit({ type: 'play.ended', play: 'Deploy', failed: [], unreachable: [], waiting: [], seconds: 0.5 });
  return run.finish(trouble ? 'failed' : 'ok');
}

/** Many hosts with ten tasks each; every 100th is unreachable, every 50th other one fails at its fifth task. */
export function manyEvents(size = 500, tasks = 10): readonly Event[] {
  const hosts = Array.from({ length: size }, (_, index) => `web${String(index + 1).padStart(3, '0')}`);
  const run = createScript({ playbook: 'web.ts', hosts });
  run.emit({ type: 'play.started', play: 'Web servers', hosts });
  const gone = new Set<string>();
  const lost: string[] = [];
  for (const [index, host] of hosts.entries()) {
    if (index % 100 !== 99) continue;
    gone.add(host);
    lost.push(host);
    run.unreachable(host, { code: 'unreachable', message: `connect ETIMEDOUT 10.0.0.${index % 250}:22` });
  }
  const failed: string[] = [];
  for (let round = 0; round < tasks; round += 1) {
    const title = `package ${round + 1} of ${tasks} is the newest`;
    const open = hosts
      .filter((host) => !gone.has(host))
      .map((host) => ({ host, task: run.start(host, title) }));
    for (const [index, { host, task }] of open.entries()) {
      if (round === 4 && index % 50 === 7) {
        gone.add(host);
        failed.push(host);
        const fault = { code: 'command', message: `no package ${round + 1} on ${host}`, where: 'web.ts:8:3' };
        run.end(host, task, title, 0.001, { status: 'failed', fault });
      } else if (round === 6 && index % 5 === 0) {
        const changes = [{ path: 'version', op: 'change', from: '1.0', to: '1.1' }] as const;
        run.end(host, task, title, 0.001, {
          status: 'changed',
          changes,
          steps: ['apt-get install -y package7'],
        });
      } else {
        run.end(host, task, title, 0.001, { status: 'ok' });
      }
    }
  }
  run.emit({ type: 'play.ended', play: 'Web servers', failed, unreachable: lost, waiting: [], seconds: 5 });
  return run.finish('failed');
}

/** A gate on one of two hosts: it ends the run, but for one in check mode. */
export function gateEvents(options: { check?: boolean } = {}): readonly Event[] {
  const { check = false } = options;
  const run = createScript({ check, hosts: ['ha1', 'ha2'] });
  run.task('ha2', 'join the swarm', 0, { status: 'ok' });
  run.emit({ type: 'play.started', play: 'Admin page', hosts: ['ha1'] });
  run.task('ha1', 'Digital Access Admin', 0, {
    status: 'waiting',
    changes: [{ path: 'answers.policy2', op: 'add', to: '(known after apply)' }],
    steps: ['ask: Digital Access Admin; keep the answers in /etc/answers.yml'],
    form: {
      title: 'Digital Access Admin',
      checklist: [
        { title: 'Log in', lines: ['open https://10.0.0.1:8443'] },
        {
          title: 'Register',
          lines: ['add policy2 with a name that is long enough to be wrapped here', 'publish'],
        },
      ],
      questions: [
        { name: 'policy1', text: 'id of policy1', kind: 'integer', answer: 6 },
        { name: 'policy2', text: 'id of policy2 (\x1b[2J)', kind: 'integer' },
      ],
      variable: 'answers',
      problem: '7 is given twice',
    },
    note: 'an answer is waited for',
  });
  const waiting = check ? [] : ['ha1'];
  run.emit({ type: 'play.ended', play: 'Admin page', failed: [], unreachable: [], waiting, seconds: 0 });
  return run.finish('waiting');
}
