import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { answersFile, keptAnswersText } from '../../lib/answers-file.ts';
import { equal } from '../../lib/equal.ts';
import type { Form, Question } from '../../lib/form.ts';
import { isKnown, type Later, type Step, unknown } from '../../lib/index.ts';
import { readAnswer } from '../../lib/read-answer.ts';
import { gate } from '../../lib/tasks/index.ts';
import { folderOf, rig } from './here.ts';
import { onHosts } from './rig.ts';

const questions = [
  { name: 'policy1', text: 'id of policy1', kind: 'integer' },
  { name: 'policy2', text: 'id of policy2', kind: 'integer' },
  { name: 'host', text: 'host of the database', kind: 'text' },
  { name: 'done', text: 'is it published?', kind: 'confirm' },
] as const satisfies readonly Question[];

const all = { policy1: 6, policy2: 7, host: 'db.example.org', done: true };

function ids(given?: Readonly<Record<string, unknown>> | null, path = '/etc/answers.yml') {
  return gate({
    title: 'Admin',
    checklist: [{ title: 'Register', lines: ['policy1', 'policy2'] }],
    questions,
    variable: 'answers',
    given,
    accept: ({ policy1, policy2 }) =>
      policy1 !== undefined && policy1 === policy2
        ? `${policy1} is the id of policy1 and of policy2`
        : undefined,
    keep: { path },
  });
}

type Kept = Readonly<Record<string, unknown>>;

/** What a gate makes of what is kept; what is not known is `?`. */
function outcome(kept: Kept, given?: Kept | null) {
  const task = ids(given);
  const now = { answers: kept } as ReturnType<typeof task.want>;
  const want = task.want(now);
  if (!equal(task.want(want), want)) throw new Error('no fixed point');
  const answers = Object.fromEntries(
    Object.entries(want.answers).map(([name, answer]) => [name, isKnown(answer) ? answer : '?']),
  );
  return { answers, steps: equal(now, want) ? [] : task.steps(now, want) };
}

const formOf = (steps: readonly Step[]): Form | undefined =>
  steps[0]?.kind === 'ask' ? steps[0].form : undefined;

t.test('what is given wins over what is kept; the rest is asked', async (t) => {
  const nothing = { policy1: '?', policy2: '?', host: '?', done: '?' };
  const { policy1: _, ...rest } = all;
  const cases: readonly (readonly [
    what: string,
    kept: Kept,
    given: Kept | null | undefined,
    wanted: Kept,
    how: string,
  ])[] = [
    ['nothing', {}, undefined, nothing, 'ask'],
    [
      'nothing of a file that is not filled in',
      {},
      { policy1: null, host: ' ', done: false },
      nothing,
      'ask',
    ],
    ['an empty variable', {}, null, nothing, 'ask'],
    ['all given', {}, all, all, 'put'],
    ['all given as words', {}, { ...all, policy1: '6', done: 'yes' }, all, 'put'],
    ['all kept', all, undefined, all, ''],
    ['all kept and given', all, all, all, ''],
    ['one given, the rest kept', rest, { policy1: 6, done: true }, all, 'put'],
    ['one changed', all, { policy1: 8, done: 'yes' }, { ...all, policy1: 8 }, 'put'],
    ['one missing', rest, { done: true }, { ...rest, policy1: '?' }, 'ask'],
    ['a confirmation alone', { ...all, done: false }, { done: true }, all, 'put'],
    ['a no is no answer', { ...all, done: false }, {}, { ...all, done: '?' }, 'ask'],
    ['of others', { ...all, other: 1 }, { another: 2 }, { ...all, other: 1 }, ''],
    ['not known yet', all, { policy1: unknown('id') }, all, ''],
  ];
  for (const [what, kept, given, wanted, how] of cases) {
    const { answers, steps } = outcome(kept, given);
    t.same(answers, wanted, what);
    t.equal(steps[0]?.kind ?? '', how, what);
  }
});

t.test(
  'the form holds what is known; what is kept and cannot be is asked again, with the reason',
  async (t) => {
    const answersOf = (form: Form | undefined) => form?.questions.map(({ answer }) => answer);
    const part = formOf(outcome({ policy1: 6, other: 'x' }, { host: 'db' }).steps);
    t.same(answersOf(part), [6, undefined, 'db', undefined]);
    t.match(part, { title: 'Admin', variable: 'answers', problem: undefined, besides: { other: 'x' } });

    const twin = formOf(outcome({ ...all, policy2: 6 }).steps);
    t.same(answersOf(twin), [undefined, undefined, undefined, undefined]);
    t.equal(twin?.problem, '6 is the id of policy1 and of policy2');

    const mixed = formOf(outcome(all, { policy1: 7 }).steps);
    t.same(answersOf(mixed), [7, undefined, undefined, undefined], 'what was given is not asked');

    const edited = formOf(outcome({ ...all, policy1: 'six' }).steps);
    t.same(answersOf(edited), [undefined, 7, 'db.example.org', undefined]);
    t.equal(edited?.problem, 'what is kept of "policy1" is six: a whole number is wanted (id of policy1)');
  },
);

t.test('a confirmation counts for the answers that it was given with, and for no others', async (t) => {
  const { policy2: _, ...before } = all;
  const told = (news: string) => `"is it published?" was told before, but ${news}`;
  const cases: readonly (readonly [what: string, kept: Kept, given: Kept, wanted: Kept, problem?: string])[] =
    [
      [
        'a service added since, whose id is known',
        before,
        { policy2: 7 },
        { ...all, done: '?' },
        told('policy2 was not asked for then (id of policy2)'),
      ],
      [
        'a service added since',
        before,
        {},
        { ...all, policy2: '?', done: '?' },
        told('policy2 was not asked for then (id of policy2)'),
      ],
      [
        'an id changed',
        all,
        { policy2: 8 },
        { ...all, policy2: 8, done: '?' },
        told('policy2 was 7 then (id of policy2)'),
      ],
      ['a service taken out since', { ...all, policy3: 9 }, {}, { ...all, policy3: 9 }],
      ['the same, given again', all, { policy2: '7' }, all],
    ];
  for (const [what, kept, given, wanted, problem] of cases) {
    const { answers, steps } = outcome(kept, given);
    t.same(answers, wanted, what);
    const form = formOf(steps);
    t.equal(form?.problem, problem, what);
    if (problem === undefined) continue;
    t.match(form, { checklist: [{ title: 'Register' }] });
    const again = outcome(kept, { policy2: 7, ...given, done: true });
    t.same([again.answers.done, again.steps[0]?.kind], [true, 'put'], `${what}, and told anew`);
  }
  const known = gate({
    title: 'Admin',
    checklist: [{ title: 'Register', lines: ['policy1', 'policy2'] }],
    questions: [
      { name: 'policy1', text: 'id of policy1', kind: 'integer' },
      { name: 'policy2', text: 'id of policy2', kind: 'integer', answer: 7 },
      { name: 'done', text: 'all of it is done', kind: 'confirm' },
    ],
    variable: 'answers',
    keep: { path: '/etc/answers.yml' },
  });
  const now = { answers: { policy1: 6, done: true } } as ReturnType<typeof known.want>;
  const form = formOf(known.steps(now, known.want(now)));
  t.same(
    form?.questions.map(({ answer }) => answer),
    [6, 7, undefined],
    'an id that the inventory gives is as new',
  );
});

t.test('what is given and cannot be is refused, with its variable', async (t) => {
  const cases: readonly (readonly [given: Kept, message: string])[] = [
    [{ policy1: 'six' }, 'answers.policy1 is six: a whole number is wanted (id of policy1)'],
    [{ policy1: -1 }, 'answers.policy1 is -1: a whole number is wanted (id of policy1)'],
    [{ policy1: 6.5 }, 'answers.policy1 is 6.5: a whole number is wanted (id of policy1)'],
    [{ policy1: [6] }, 'answers.policy1 is [6]: a whole number is wanted (id of policy1)'],
    [{ host: 1.1 }, 'answers.host is 1.1: a text is wanted, in quotes (host of the database)'],
    [{ done: 'soon' }, 'answers.done is soon: yes or no is wanted (is it published?)'],
    [{ policy1: 6, policy2: '6' }, '6 is the id of policy1 and of policy2'],
  ];
  for (const [given, message] of cases) {
    t.throws(() => outcome({}, given), {
      code: 'refused',
      message,
      hint: 'correct it where "answers" is given: with -e, or in the inventory',
    });
  }
  const twice = [
    { name: 'a', text: 'a', kind: 'text' },
    { name: 'a', text: 'b', kind: 'text' },
  ] as const;
  const keep = { path: '/a' };
  t.throws(() => gate({ title: 'x', checklist: [], questions: twice, variable: 'v', keep }), {
    code: 'playbook',
  });
  t.throws(() => ids({}, 'relative.yml'), { code: 'playbook' });
});

t.test('answers are read as people write them', async (t) => {
  t.same(readAnswer('integer', ' 007 '), { answer: 7 });
  t.same(readAnswer('integer', 0), { answer: 0 });
  t.match(
    readAnswer('integer', '9'.repeat(20)),
    { wrong: /whole number/ },
    'no other number than the one written',
  );
  t.match(readAnswer('integer', true), { wrong: /whole number/ });
  for (const yes of [true, 'y', 'Yes', 'TRUE']) t.same(readAnswer('confirm', yes), { answer: true });
  for (const no of [false, 'n', 'No', '', undefined, null]) t.same(readAnswer('confirm', no), {});
  t.same(readAnswer('text', ' a b '), { answer: 'a b' });
});

t.test('both files can be read again, whatever is in them', async (t) => {
  const odd: Form = {
    title: 'Two\nlines',
    checklist: [{ title: 'a: "b" # c', lines: ['one\ntwo', 'esc \x1b[2J'] }],
    questions: [
      { name: 'on: {', text: 'x\ny', kind: 'text', answer: '# no: comment' },
      { name: 'number', text: 'n', kind: 'text', answer: '1.10' },
      { name: 'long', text: 'l', kind: 'text', answer: 'word '.repeat(60).trim() },
      { name: 'lines', text: 'l', kind: 'text', answer: 'a\n\n  b\n' },
      { name: 'open', text: 'o', kind: 'integer' },
    ],
    variable: 'my answers',
    besides: { other: 'yes', n: 1 },
  };
  const known = {
    'on: {': '# no: comment',
    number: '1.10',
    long: 'word '.repeat(60).trim(),
    lines: 'a\n\n  b\n',
  };
  t.same(parse(keptAnswersText(odd)), { ...known, other: 'yes', n: 1 });
  const second: Form = { ...odd, variable: 'others', questions: [{ name: 'a', text: 'a', kind: 'confirm' }] };
  const text = answersFile([odd, odd, second]);
  t.same(parse(text), { 'my answers': { ...known, open: null }, others: { a: null } });
  t.notMatch(text, '\x1b');
  t.equal(text.match(/^# a: "b"/gm)?.length, 1, 'a checklist that two hosts have stands there once');
  t.match(text, '#   1. one\n# two\n#   2. esc');
});

const folder = (t: Test) => folderOf(t, 'dabook gate ');

t.test('on a real host: written once, read again, whoever edits it', async (t) => {
  const path = join(folder(t), 'answers.yml');
  const on = (given?: Kept, options = {}) =>
    onHosts(rig, async ([here]) => (await here.run(ids(given, path))).state, options);

  const checked = await on(all, { check: true });
  t.same([checked.statuses, checked.performed], [['would-change'], []]);
  t.match(checked.planned, [/^write '.*answers\.yml' mode 0644$/]);
  const first = await on(all);
  t.same([first.statuses, first.result?.answers], [['changed'], all]);
  t.equal(statSync(path).mode & 0o777, 0o644);
  t.same(parse(readFileSync(path, 'utf8')), all);

  const again = await on();
  const typed: Later<number> | undefined = again.result?.answers.policy1;
  t.equal(typed, 6);
  // @ts-expect-error no question has that name
  t.equal(again.result?.answers.policy9, undefined);
  t.same([again.statuses, again.performed], [['ok'], []]);
  writeFileSync(path, 'policy1: "6"\npolicy2: 7\nhost: db\ndone: yes\nother:\n');
  const edited = await on();
  t.same([edited.statuses, edited.result?.answers], [['ok'], { ...all, host: 'db' }], 'quotes do not matter');
  writeFileSync(path, '# nothing\n');
  t.equal((await on()).error?.code, 'waiting');
});

t.test('a file that holds anything else is refused, in check mode too', async (t) => {
  const dir = folder(t);
  const path = join(dir, 'answers.yml');
  const cases: readonly (readonly [text: string, why: RegExp])[] = [
    ['a: [', /answers\.yml does not hold answers: /],
    ['- a\n', /answers\.yml does not hold answers: it is no mapping/],
    ['just words\n', /it is no mapping/],
    ['policy1: [6]\n', /"policy1" is neither a text nor a number/],
    ['policy1: *x\n', /does not hold answers: Unresolved alias .*: x/],
    ['policy1: 6\npolicy1: 7\n', /answers\.yml does not hold answers: .*unique/i],
  ];
  for (const [text, why] of cases) {
    writeFileSync(path, text);
    for (const check of [true, false]) {
      const { error, performed } = await onHosts(rig, ([here]) => here.run(ids(all, path)), { check });
      t.match(error, { code: 'refused', message: why, hint: /correct the file/ });
      t.same([performed, readFileSync(path, 'utf8')], [[], text]);
    }
  }
  symlinkSync(path, join(dir, 'link'));
  const places: readonly (readonly [at: string, why: RegExp])[] = [
    [join(dir, 'link'), /link is no regular file/],
    [dir, /is no regular file/],
    [join(dir, 'none/answers.yml'), /the folder of .* does not exist/],
  ];
  for (const [at, why] of places) {
    const { error } = await onHosts(rig, ([here]) => here.run(ids({}, at)));
    t.match(error, { code: 'refused', message: why });
  }
});
