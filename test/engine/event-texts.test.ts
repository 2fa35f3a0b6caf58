import t from 'tap';
import type { Happening } from '../../lib/events.ts';
import { createRedactor } from '../../lib/redact.ts';
import { secret } from '../../lib/secret.ts';

const fault = {
  code: 'command',
  message: 'it failed',
  hint: 'another way',
  where: 'site.ts:12',
  command: { shown: 'sh -c it', status: 17, stderr: 'no such thing' },
  causes: ['deep inside'],
};
const form = {
  title: 'the page',
  checklist: [{ title: 'section', lines: ['first line'] }],
  questions: [{ name: 'policy1', text: 'its number', kind: 'text', answer: 'seven' }],
  variable: 'numbers',
  problem: 'not that one',
  besides: { policy2: 'eight' },
} as const;
const ofTask = { host: 'web1', task: 1 } as const;
const counts = { ok: 1, changed: 0, unknown: 0, failed: 0, lost: 0, unreachable: 0, skipped: 0, waiting: 0 };
const change = {
  path: 'labels.one',
  op: 'change',
  from: { theirs: 'before' },
  to: ['after', 84731925],
} as const;

const events: readonly Happening[] = [
  { type: 'run.started', playbook: 'Site', check: true, hosts: ['web1'] },
  { type: 'play.started', play: 'Install', hosts: ['web1'] },
  { type: 'host.started', host: 'web1', play: 'Install' },
  { type: 'host.connected', host: 'web1', seconds: 1 },
  { type: 'task.started', ...ofTask, name: 'labelNode', title: 'label it', play: 'Install' },
  {
    type: 'task.planned',
    ...ofTask,
    changes: [change],
    steps: ['do it'],
    asRoot: true,
    opaque: true,
    destroys: ['the file /srv/it'],
    mayDestroy: true,
    leads: ['/opt leads to /srv'],
    digest: '0123456789abcdef',
    runs: 'fedcba9876543210',
    form,
  },
  { type: 'step.started', ...ofTask, step: 1, shown: 'do it' },
  { type: 'step.ended', ...ofTask, step: 1, shown: 'do it', outcome: 'failed', seconds: 1 },
  { type: 'command.started', ...ofTask, command: 1, purpose: 'step', shown: 'sh -c it' },
  { type: 'command.progress', ...ofTask, command: 1, shown: 'sh -c it', sent: 1024, size: 2048 },
  {
    type: 'command.ended',
    ...ofTask,
    command: 1,
    purpose: 'fact',
    shown: 'sh -c it',
    status: 5000,
    seconds: 1,
    trip: 1,
  },
  {
    type: 'task.ended',
    ...ofTask,
    name: 'labelNode',
    title: 'label it',
    play: 'Install',
    status: 'would-change',
    seconds: 1,
    asRoot: true,
    fault,
    note: 'by the way',
    form,
  },
  { type: 'host.lost', host: 'web1', fault },
  { type: 'host.unreachable', host: 'web1', fault },
  { type: 'host.ended', host: 'web1', play: 'Install', seconds: 1 },
  { type: 'play.ended', play: 'Install', failed: ['web1'], unreachable: [], waiting: [], seconds: 1 },
  { type: 'warning', host: 'web1', message: 'mind it well' },
  {
    type: 'run.ended',
    check: true,
    outcome: 'interrupted',
    seconds: 1,
    hosts: { web1: counts },
    roundTrips: { web1: 1234 },
    fault,
  },
];

/** Every key, text and number of a value that is long enough to be looked for. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...wordsOf(part)]);
}

/** The same with all free texts left out: what is told by the structure alone. */
function structureOf(events: readonly Happening[]): string {
  const free = [
    'playbook',
    'play',
    'title',
    'path',
    'from',
    'to',
    'steps',
    'destroys',
    'leads',
    'checklist',
    'text',
  ];
  const more = ['answer', 'besides', 'problem', 'shown', 'message', 'hint', 'stderr', 'causes', 'note'];
  const left = new Set([...free, ...more]);
  return JSON.stringify(events, (key, part) => (left.has(key) ? null : part));
}

t.test('a secret that is an ordinary word alters nothing that an event says by its structure', async (t) => {
  const words = new Set([...wordsOf(events), 'true', 'destroy', 'change', 'task', 'policy', 'web']);
  t.ok(words.has('destroys') && words.has('would-change') && words.has('web1'));
  for (const word of words) {
    const redactor = createRedactor();
    redactor.learn(secret('word', word));
    t.equal(structureOf(events.map(redactor.event)), structureOf(events), word);
  }
});

t.test('it is looked for in all free texts, and in what is a user’s own as a whole', async (t) => {
  const redactor = createRedactor();
  const texts = [
    'Site',
    'Install',
    'label it',
    'labels.one',
    'theirs',
    'before',
    'after',
    'do it',
    '/srv/it',
  ];
  const more = [
    'page',
    'section',
    'first line',
    'its number',
    'seven',
    'not that',
    'eight',
    'sh -c it',
    'mind',
  ];
  const faults = ['it failed', 'another way', 'no such thing', 'deep inside', 'by the way', '84731925'];
  const all = [...texts, ...more, ...faults];
  redactor.learn(all.map((text) => secret('it', text)));
  const told = JSON.stringify(events.map(redactor.event));
  for (const text of all) t.notOk(told.includes(text), text);
  const [planned] = events.filter(({ type }) => type === 'task.planned').map(redactor.event);
  t.match(planned, {
    changes: [{ path: '<it>', op: 'change', from: { '<it>': '<it>' }, to: ['<it>', '<it>'] }],
    destroys: ['the file <it>'],
    form: { questions: [{ name: 'policy1', answer: '<it>' }], besides: { policy2: '<it>' } },
  });
});

t.test('a number is one as a whole, in what is a user’s own alone', async (t) => {
  const redactor = createRedactor();
  redactor.learn([secret('pin', '8473'), secret('status', '5000')]);
  const [planned] = events.filter(({ type }) => type === 'task.planned').map(redactor.event);
  t.match(planned, { changes: [{ to: ['after', 84731925] }] });
  const [ended] = events.filter(({ type }) => type === 'command.ended').map(redactor.event);
  t.match(ended, { status: 5000 });
});

t.test('the events of a play belong together, whatever is learned meanwhile', async (t) => {
  const redactor = createRedactor();
  const ofPlay = () => events.map(redactor.event).flatMap((event) => ('play' in event ? [event.play] : []));
  const before = ofPlay();
  redactor.learn(secret('late', 'Install'));
  t.same(ofPlay(), before);
});

t.test('what a fault advises is not what a command said: it begins where it begins', async (t) => {
  const redactor = createRedactor();
  redactor.learn(secret('the texts', 'port: 8080   # open in the firewall\nand: more\n'));
  const told = redactor.event({
    type: 'task.ended',
    ...ofTask,
    name: 'portsOpen',
    title: 'open',
    play: 'Look',
    status: 'failed',
    seconds: 1,
    fault: { code: 'refused', message: 'closed', hint: 'open in the firewalls: all' },
  });
  t.match(told, { fault: { hint: 'open in the firewalls: all' } });
});
