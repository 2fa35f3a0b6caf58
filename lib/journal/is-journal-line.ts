import { isRecord } from '../equal.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number';
const flag: Check = (value) => typeof value === 'boolean';
const time: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const record =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
/** What is not named may be there: a later dabook may tell more. */
const shape = (parts: Readonly<Record<string, Check>>): Check => {
  const checks = Object.entries(parts);
  return (value) => isRecord(value) && checks.every(([name, check]) => check(value[name]));
};

const texts = list(text);
const fault = shape({
  code: text,
  message: text,
  hint: maybe(text),
  where: maybe(text),
  command: maybe(shape({ shown: text, status: number, stderr: text })),
  causes: maybe(texts),
});
const counts = shape({
  ok: number,
  changed: number,
  unknown: number,
  failed: number,
  lost: number,
  unreachable: number,
  skipped: number,
  waiting: number,
});
const change = shape({ path: text, op: text });
const ofTask = { at: time, host: text, task: number };
const step = shape({ ...ofTask, step: number, shown: text });

/** What readers look at, by the type of the line. */
const lines: ReadonlyMap<unknown, Check> = new Map([
  [
    'journal.started',
    shape({
      at: time,
      run: text,
      cwd: text,
      by: shape({ user: text, sudoUser: maybe(text), host: text, pid: number, started: maybe(text) }),
      playbook: shape({ name: text, file: text, sha256: maybe(text) }),
      inventory: texts,
      options: shape({
        check: flag,
        limit: maybe(text),
        extraVars: texts,
        forks: number,
        user: maybe(text),
        privateKey: maybe(text),
      }),
    }),
  ],
  ['journal.git', shape({ commit: maybe(text), branch: maybe(text), changed: number, untracked: number })],
  ['run.started', shape({ hosts: texts })],
  ['run.ended', shape({ outcome: text, seconds: number, hosts: record(counts), fault: maybe(fault) })],
  ['task.started', shape({ ...ofTask, name: text, title: text, play: maybe(text) })],
  ['task.planned', shape({ ...ofTask, changes: list(change), steps: texts })],
  ['task.ended', shape({ ...ofTask, status: text, seconds: number, note: maybe(text), fault: maybe(fault) })],
  ['step.started', step],
  ['step.ended', shape({ ...ofTask, step: number, outcome: text })],
  ['host.lost', shape({ host: text, fault })],
  ['host.unreachable', shape({ host: text, fault })],
  ['warning', shape({ message: text })],
]);

/**
 * Whether a value has what readers look at in a line of its type. A file that was damaged, or that somebody wrote by
 * hand, may be JSON all the same.
 */
export function isJournalLine(value: unknown): boolean {
  if (!isRecord(value) || typeof value.type !== 'string') return false;
  return lines.get(value.type)?.(value) ?? true;
}
