import t from 'tap';
import { z } from 'zod';
import { DabookError } from '../../lib/errors.ts';
import type { Answers, Form } from '../../lib/form.ts';
import { type Host, isKnown, type PlayOptions, playbook } from '../../lib/index.ts';
import { needsScript } from '../../lib/needs-script.ts';
import type { Operator } from '../../lib/operator.ts';
import type { RunOptions } from '../../lib/run.ts';
import { gate } from '../../lib/tasks/index.ts';
import { createMemoryTransport } from '../../lib/transport/memory.ts';
import { only, runWith } from './settings.ts';

/** Hosts with one file each: what reads it gets it, what writes it has its stdin in it. */
function hostsOf(files: Record<string, string | undefined>, writes: string[] = []) {
  const hosts = Object.keys(files).map((name) => {
    const exec = (command: string, { stdin }: { stdin?: Uint8Array | undefined }) => {
      const text = files[name];
      if (command === needsScript.text) return '';
      if (stdin === undefined) return text === undefined ? { status: 4 } : text;
      if (command.includes('/full/')) return { status: 1, stderr: 'No space left on device' };
      files[name] = Buffer.from(stdin).toString();
      writes.push(name);
      return '';
    };
    return [name, { exec }] as const;
  });
  return { connect: createMemoryTransport({ hosts: Object.fromEntries(hosts) }).connect, writes, files };
}

/** An operator who gives these answers, one form after the other. */
function operatorWith(...given: readonly Answers[]): Operator & { readonly forms: Form[] } {
  const forms: Form[] = [];
  return {
    forms,
    async ask(form) {
      forms.push(form);
      const answers = given[forms.length - 1];
      if (answers === undefined) throw new DabookError('waiting', 'not now', { form });
      return answers;
    },
  };
}

const ids = (given: Readonly<Record<string, unknown>> = {}, path = '/etc/answers.yml') =>
  gate({
    title: 'Admin',
    checklist: [{ title: 'Register', lines: ['policy1', 'policy2'] }],
    questions: [
      { name: 'policy1', text: 'id of policy1', kind: 'integer' },
      { name: 'policy2', text: 'id of policy2', kind: 'integer' },
      { name: 'done', text: 'is it published', kind: 'confirm' },
    ],
    variable: 'answers',
    given,
    accept: ({ policy1, policy2 }) =>
      policy1 !== undefined && policy1 === policy2 ? `${policy1} is given twice` : undefined,
    keep: { path },
  });

interface Given extends Partial<RunOptions> {
  readonly work?: (host: Host<object>) => Promise<unknown>;
  readonly play?: PlayOptions;
}

/** Runs a gate on each of the hosts, in one play. */
async function runOn(hosts: ReturnType<typeof hostsOf>, { work, play: options, ...more }: Given = {}) {
  let reached = false;
  const book = playbook(
    { name: 'gate', groups: { all: z.object({}) } },
    async ({ groups: { all }, play }) => {
      await play('Gate', all, work ?? ((host) => host.run(ids())), options);
      reached = true;
    },
  );
  const names = Object.keys(hosts.files);
  const ran = await runWith(book, {}, { all: names }, { connect: hosts.connect, ...more });
  return { ...ran, reached, statuses: only(ran.events, 'task.ended').map(({ status }) => status) };
}

t.test('nobody to ask: the host and the run wait, which is no failure', async (t) => {
  const hosts = hostsOf({ a: undefined });
  const { outcome, events, hosts: counts, statuses, reached } = await runOn(hosts);
  t.equal(outcome, 'waiting');
  t.same(statuses, ['waiting']);
  t.notOk(reached);
  t.same(hosts.writes, []);
  t.match(counts.a, { failed: 0, waiting: 1 });
  const [ended] = only(events, 'task.ended');
  t.equal(ended?.fault, undefined);
  t.match(ended, { note: /3 answers are waited for/, form: { title: 'Admin', variable: 'answers' } });
  t.match(only(events, 'task.planned'), [{ form: { checklist: [{ lines: ['policy1', 'policy2'] }] } }]);
  t.match(only(events, 'play.ended'), [{ failed: [], unreachable: [], waiting: ['a'] }]);
  t.equal(only(events, 'run.ended')[0]?.fault, undefined, 'it is told once');
});

t.test('asked once, kept on the host, never asked again', async (t) => {
  const hosts = hostsOf({ a: undefined });
  const operator = operatorWith({ policy1: 6, policy2: 7, done: true });
  const first = await runOn(hosts, { operator });
  t.same([first.outcome, first.statuses], ['ok', ['changed']]);
  t.match(hosts.files.a, /^policy1: 6\n(?:.*\n)*^policy2: 7\n(?:.*\n)*^done: true\n/m);
  t.match(only(first.events, 'task.planned')[0]?.steps, [
    "ask: Admin; keep the answers in '/etc/answers.yml'",
  ]);

  const again = await runOn(hosts);
  t.same([again.outcome, again.statuses], ['ok', ['ok']]);
  t.same([operator.forms.length, hosts.writes.length], [1, 1]);

  const alone = await runOn(hosts, { work: (host) => host.run(ids({ policy1: '8' })) });
  t.equal(alone.outcome, 'waiting', 'with another id there is more to do, and to be confirmed');
  t.match(only(alone.events, 'task.ended')[0]?.form, { problem: /policy1 was 6 then/ });
  const corrected = await runOn(hosts, { work: (host) => host.run(ids({ policy1: '8', done: true })) });
  t.same([corrected.outcome, corrected.statuses], ['ok', ['changed']]);
  t.match(only(corrected.events, 'task.planned')[0]?.changes, [{ path: 'answers.policy1', from: 6, to: 8 }]);
  t.match(hosts.files.a, /^policy1: 8$/m);
});

t.test('what is known is not asked; answers that cannot be are asked again, and say why', async (t) => {
  const hosts = hostsOf({ a: 'done: true\nother: kept too\n' });
  const operator = operatorWith({ policy2: 6 }, { policy2: 7, done: true });
  const { outcome } = await runOn(hosts, { operator, work: (host) => host.run(ids({ policy1: 6 })) });
  t.equal(outcome, 'ok');
  t.match(operator.forms, [
    {
      problem: /was told before, but policy1 was not asked for then/,
      questions: [{ answer: 6 }, { answer: undefined }, { answer: undefined }],
    },
    { problem: '6 is given twice', questions: [{ answer: 6 }, { answer: undefined }] },
  ]);
  t.match(hosts.files.a, /^policy2: 7\n(?:.*\n)*^other: kept too$/m, 'answers of others stay');

  const stubborn = await runOn(hostsOf({ a: undefined }), {
    operator: operatorWith(...[1, 2].map(() => ({ policy1: 6, policy2: 6, done: true }))),
  });
  t.equal(stubborn.outcome, 'failed');
  t.match(only(stubborn.events, 'task.ended')[0]?.fault?.message, /did not converge: 6 is given twice/);
});

t.test('check mode goes on with unknowns, asks nobody and writes nothing', async (t) => {
  const hosts = hostsOf({ a: undefined });
  const operator = operatorWith();
  const states: unknown[] = [];
  const { outcome, statuses, events } = await runOn(hosts, {
    check: true,
    operator,
    work: async (host) => {
      const { state, changed } = await host.run(ids({ policy2: 7 }));
      states.push(changed, isKnown(state.answers.policy1), state.answers.policy2);
      await host.run(ids({ policy2: 7 }));
    },
  });
  t.same([outcome, statuses], ['waiting', ['waiting', 'ok']]);
  t.same(states, [true, false, 7]);
  t.same([operator.forms, hosts.writes], [[], []]);
  t.match(only(events, 'task.planned')[0], {
    changes: [
      { path: 'answers.done', to: '(known after apply)' },
      { path: 'answers.policy1', to: '(known after apply)' },
      { path: 'answers.policy2', to: 7 },
    ],
    form: { questions: [{ name: 'policy1' }, { answer: 7 }, { name: 'done' }] },
  });
  t.match(only(events, 'task.ended')[0], {
    note: 'something is to be done by hand; 2 answers are waited for',
    form: { questions: [{ name: 'policy1' }, { answer: 7 }, { name: 'done' }] },
  });
  t.match(only(events, 'run.ended')[0]?.hosts, { a: { waiting: 1, changed: 0 } });
});

t.test('waiting ends the run whatever may fail; what failed wins', async (t) => {
  const work = async (host: Host<object>) => {
    if (host.name === 'b') throw new Error('broken');
    await host.run(ids());
  };
  const both = await runOn(hostsOf({ a: undefined, b: undefined }), { work });
  t.same([both.outcome, both.reached], ['failed', false]);
  t.match(only(both.events, 'play.ended'), [{ failed: ['b'], waiting: ['a'] }]);
  t.match(only(both.events, 'run.ended')[0]?.fault?.message, /1 of 2 hosts failed: b$/);

  const allowed = await runOn(hostsOf({ a: undefined, b: undefined }), { work, play: { maxFail: 2 } });
  t.same([allowed.outcome, allowed.reached], ['failed', false]);

  const one = await runOn(hostsOf({ a: undefined, b: undefined }), { play: { maxFail: 2, serial: 1 } });
  t.same([one.outcome, one.reached, one.statuses], ['waiting', false, ['waiting']], 'no further batch');
});

t.test(
  'typed answers are not lost: by an end in between, nor by a file that cannot be written',
  async (t) => {
    const left: Operator = {
      ask: async (form) => {
        const questions = form.questions.map((each) =>
          each.name === 'policy1' ? { ...each, answer: 6 } : each,
        );
        throw new DabookError('waiting', 'not now', { form: { ...form, questions } });
      },
    };
    const later = await runOn(hostsOf({ a: undefined }), { operator: left });
    t.equal(later.outcome, 'waiting');
    t.match(only(later.events, 'task.ended')[0], {
      status: 'waiting',
      form: { questions: [{ answer: 6 }, {}, {}] },
    });

    const full = await runOn(hostsOf({ a: undefined }), {
      operator: operatorWith({ policy1: 6, policy2: 7, done: true }),
      work: (host) => host.run(ids({}, '/full/answers.yml')),
    });
    t.equal(full.outcome, 'failed');
    t.match(only(full.events, 'task.ended')[0], {
      status: 'failed',
      fault: { code: 'command', command: { stderr: 'No space left on device' } },
      form: { questions: [{ answer: 6 }, { answer: 7 }, { answer: true }] },
    });
  },
);

t.test('an interrupt while the operator is asked', async (t) => {
  const controller = new AbortController();
  const operator: Operator = {
    ask: (_form, signal) =>
      new Promise((_done, fail) => {
        signal.addEventListener('abort', () => fail(signal.reason));
        controller.abort(new DabookError('interrupted', 'interrupted'));
      }),
  };
  const { outcome } = await runOn(hostsOf({ a: undefined }), { operator, signal: controller.signal });
  t.equal(outcome, 'interrupted');
});
