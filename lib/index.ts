export type { Amount } from './batches.ts';
export { type Bulk, bulk } from './bulk.ts';
export { DabookError } from './errors.ts';
export type {
  Change,
  CommandEnded,
  CommandProgress,
  CommandStarted,
  Counts,
  Event,
  Fault,
  HostConnected,
  HostEnded,
  HostLost,
  HostStarted,
  HostUnreachable,
  Json,
  PlayEnded,
  PlayStarted,
  RunEnded,
  RunStarted,
  StepEnded,
  StepStarted,
  TaskEnded,
  TaskPlanned,
  TaskStarted,
  TaskStatus,
  Warning,
} from './events.ts';
export { type Ask, type Fact, type FactDefinition, fact, type Output } from './fact.ts';
export type { Answer, Answers, Form, Question, Section } from './form.ts';
export type { Host, Result, Results } from './host.ts';
export type { Position } from './input-fault.ts';
export { didYouMean } from './inventory/did-you-mean.ts';
export type { Play } from './play.ts';
export type { PlayOptions } from './play-options.ts';
export {
  type Findings,
  type Given,
  type GivenHost,
  type Hosts,
  type Playbook,
  type PlaybookContext,
  type PlaybookDefinition,
  playbook,
} from './playbook.ts';
export { refuse } from './refuse.ts';
export type { OutputOf, Schema, SchemaIssue, SchemaResult } from './schema.ts';
export { Secret, secret } from './secret.ts';
export { secretText } from './secret-text.ts';
export { Command, sh, type Word } from './sh.ts';
export { show } from './show.ts';
export {
  type AskStep,
  type AttributesStep,
  ask,
  attributes,
  type Content,
  type DockerStep,
  docker,
  type ExecStep,
  exec,
  type FetchStep,
  fetch,
  type Need,
  type PutStep,
  put,
  type Step,
  type TreeFile,
  type TreeFolder,
  type TreeStep,
} from './step.ts';
export {
  type Foreseen,
  type Obstacle,
  type Rights,
  type Settle,
  type Stuck,
  type Task,
  type TaskDefinition,
  task,
} from './task.ts';
export { isKnown, type Later, Unknown, unknown } from './unknown.ts';
