import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../command-line.ts';
import { buffers, type Kind } from '../kind.ts';
import { outputFaults } from '../told.ts';
import { harmless } from './job.ts';

const at = '2026-11-23T04:15:00.000Z';
const meta = {
  type: 'journal.started',
  version: 1,
  dabook: '0.1.0',
  run: '20261123-041500-000000',
  at,
  by: { user: 'me', host: 'elsewhere', pid: 4_194_305, started: '1' },
  cwd: '/',
  playbook: { name: 'Job', file: '/p.ts' },
  inventory: ['hosts.yml'],
  options: { check: false, extraVars: ['a'], forks: 50, limit: 'web' },
};
const task = { at, host: 'web1', task: 1, name: 'copyFile', title: 'copy a', play: 'p' };
const counts = { ok: 0, changed: 1, unknown: 0, failed: 1, lost: 0, unreachable: 0, skipped: 0, waiting: 0 };
const lines = [
  meta,
  { type: 'journal.git', at, commit: 'abc', branch: 'main', changed: 1, untracked: 0 },
  { type: 'task.started', ...task },
  {
    type: 'task.planned',
    ...task,
    changes: [{ path: 'content', op: 'change', from: 'a\nb', to: { c: [1] } }],
    steps: ['write'],
  },
  { type: 'step.started', at, host: 'web1', task: 1, step: 1, shown: 'write /etc/motd' },
  {
    type: 'step.ended',
    at,
    host: 'web1',
    task: 1,
    step: 1,
    shown: 'write /etc/motd',
    outcome: 'done',
    seconds: 0.5,
  },
  { type: 'task.ended', ...task, status: 'changed', seconds: 1.5 },
  { type: 'task.started', ...task, task: 2 },
  {
    type: 'task.ended',
    ...task,
    task: 2,
    status: 'failed',
    seconds: 1,
    fault: {
      code: 'command',
      message: 'no',
      hint: 'h',
      command: { shown: 'x', status: 1, stderr: 'e' },
      causes: ['c'],
    },
  },
  { type: 'host.unreachable', at, host: 'web2', fault: { code: 'unreachable', message: 'gone' } },
  { type: 'warning', at, message: 'careful' },
  { type: 'step.started', at, host: 'web3', task: 3, step: 2, shown: 'reboot' },
  {
    type: 'run.ended',
    at,
    outcome: 'failed',
    seconds: 3,
    check: false,
    hosts: { web1: counts },
    roundTrips: { web1: 3 },
  },
];
const text = (some: readonly object[]) => some.map((one) => `${JSON.stringify(one)}\n`).join('');

/** A journal: listed, shown, held against a sound one, and asked for the hosts that failed. */
export const journals: Kind = {
  corpus: buffers(text(lines), text(lines.slice(0, -1))),
  share: 12,
  async check(input, folder) {
    const id = '20261123-041500-00000a';
    for (const [run, content] of [
      ['20261123-041400-000000', text(lines)],
      [id, input],
    ] as const) {
      mkdirSync(join(folder, 'runs', run), { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, 'runs', run, 'journal.jsonl'), content);
    }
    writeFileSync(join(folder, 'job.mjs'), 'export default 1;\n');
    const env = { DABOOK_RUNS: join(folder, 'runs') };
    const asked = [
      ['runs', 'list'],
      ['runs', 'show', id],
      ['runs', 'show', '-v', id],
      ['runs', 'diff', '20261123-041400-000000', id],
    ];
    const faults: string[] = [];
    for (const words of asked) {
      const told = await commandLine(words, folder, env);
      const names = told.status !== 2 || told.stderr.includes('journal.jsonl');
      faults.push(
        ...outputFaults(told).map((fault) => `${words.join(' ')}: ${fault}`),
        ...(names ? [] : [`${words.join(' ')} does not name the journal: ${told.stderr.slice(0, 300)}`]),
      );
    }
    writeFileSync(join(folder, 'hosts.yml'), 'all: { hosts: { web1: , web2: } }\n');
    writeFileSync(join(folder, 'job.mjs'), emptyJob);
    const limited = await commandLine(
      ['run', 'job.mjs', '-i', 'hosts.yml', '-l', '@failed', ...harmless],
      folder,
      env,
    );
    return [...faults, ...outputFaults(limited)];
  },
};

const emptyJob = `import { playbook } from 'dabook';
import { z } from 'zod';
export default playbook({ name: 'Job', groups: { all: z.looseObject({}) } }, async () => {});
`;
