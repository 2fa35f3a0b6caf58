import { DabookError } from '../errors.ts';
import { lockName } from '../lock-name.ts';
import { type LockLabels, labelsOf, readLabels } from './lock-labels.ts';
import { type AskOptions, isOutOfSequence, type SwarmAnswer, type SwarmDoors } from './swarm-doors.ts';

/** What the object holds for whoever finds it with docker; the lock itself is in its labels. */
const text = 'A run of dabook is under way in this swarm; see the labels, or: dabook lock status\n';

/** The lock as it was read. */
export interface LockObject {
  /** Never used again for another object. */
  readonly id: string;
  /** Grows with every write. */
  readonly version: number;
  /** None for an object that dabook, of this form, did not make. */
  readonly labels?: LockLabels | undefined;
}

interface ConfigAnswer {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly Labels?: Readonly<Record<string, string>> | null };
}

/** @returns the id of the new object, or `taken` when there is one already */
export async function createLockObject(
  doors: SwarmDoors,
  labels: LockLabels,
  options: AskOptions,
): Promise<{ readonly id: string } | 'taken' | 'gone'> {
  const answer = await doors.ask(
    {
      method: 'POST',
      path: '/configs/create',
      body: JSON.stringify({
        Name: lockName,
        Labels: labelsOf(labels),
        Data: Buffer.from(text).toString('base64'),
      }),
    },
    { ...options, checked: true },
  );
  if (answer === 'gone') return 'gone';
  if (answer.status === 409) return 'taken';
  const id = createdId(answer);
  if (id === undefined) throw unexpected('make', answer);
  return { id };
}

/** The id that an answer to a creation tells, if it was done. */
export function createdId({ status, body }: SwarmAnswer): string | undefined {
  return status === 201 ? (body as { ID: string }).ID : undefined;
}

/** @param id of the object; by its name by default, whichever it is */
export async function readLockObject(
  doors: SwarmDoors,
  { id = lockName, ...options }: AskOptions & { readonly id?: string } = {},
): Promise<LockObject | 'none' | 'gone'> {
  const answer = await doors.ask({ method: 'GET', path: `/configs/${id}` }, options);
  if (answer === 'gone') return 'gone';
  if (answer.status === 404) return 'none';
  if (answer.status !== 200) throw unexpected('read', answer);
  const { ID, Version, Spec } = answer.body as ConfigAnswer;
  return { id: ID, version: Version.Index, labels: readLabels(Spec.Labels ?? {}) };
}

/**
 * Writes the labels on top of the version that was read.
 * @returns `conflict` when somebody else wrote since, `none` when it was removed
 */
export async function writeLockObject(
  doors: SwarmDoors,
  { id, version }: LockObject,
  labels: LockLabels,
  options: AskOptions = {},
): Promise<'written' | 'conflict' | 'none' | 'gone'> {
  const answer = await doors.ask(
    {
      method: 'POST',
      path: `/configs/${id}/update?version=${version}`,
      body: JSON.stringify({ Name: lockName, Labels: labelsOf(labels) }),
    },
    options,
  );
  if (answer === 'gone') return 'gone';
  if (answer.status === 404) return 'none';
  if (isOutOfSequence(answer)) return 'conflict';
  if (answer.status !== 200) throw unexpected('write', answer);
  return 'written';
}

/**
 * Removes one object, by its id: that it was read long ago does not matter, as no other will ever have that id.
 * One that is there no more is removed.
 */
export async function removeLockObject(
  doors: SwarmDoors,
  id: string,
  options: AskOptions = {},
): Promise<'removed' | 'gone'> {
  const answer = await doors.ask({ method: 'DELETE', path: `/configs/${id}` }, options);
  if (answer === 'gone') return 'gone';
  if (answer.status === 404 || (answer.status >= 200 && answer.status < 300)) return 'removed';
  throw unexpected('remove', answer);
}

function unexpected(what: string, { status, message }: SwarmAnswer): DabookError {
  return new DabookError(
    'command',
    `could not ${what} the lock of the swarm: the Docker Engine answered ${status}: ${message}`,
    { hint: `look at it on a manager of the swarm: docker config inspect ${lockName}` },
  );
}
