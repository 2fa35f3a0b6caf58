import { engineMessage } from './ask.ts';
import { attributesScript } from './attributes-script.ts';
import { commandFailed } from './command-failed.ts';
import { readContent, refuseChanged } from './content.ts';
import { detachedScript } from './detached-script.ts';
import { isRecord } from './equal.ts';
import { DabookError } from './errors.ts';
import type { Asker, Machine } from './machine.ts';
import type { Operator } from './operator.ts';
import { packTree } from './pack-tree.ts';
import { performAsk } from './perform-ask.ts';
import { performFetch } from './perform-fetch.ts';
import { putScript } from './put-script.ts';
import { reveal, Secret } from './secret.ts';
import { sha256Of } from './sha256.ts';
import { showStep } from './show-step.ts';
import type { Content, ExecStep, Step } from './step.ts';
import type { StdinStream } from './transport/session.ts';
import { layTree } from './tree-layout.ts';
import { treeScript } from './tree-script.ts';
import { Unknown } from './unknown.ts';

/** What a step may need beside the host that it is done on. */
export interface Surroundings {
  readonly machineOf: (host: string) => Machine;
  /** Asks the operator; none where nobody can be asked. */
  readonly operator?: Operator | undefined;
  readonly signal: AbortSignal;
}

/** What the Engine says when somebody else wrote between the reading and the writing. */
const outOfSequence = 'update out of sequence';

/**
 * Does one step on a host: the only place of dabook that changes anything.
 * @throws DabookError `command` when it fails, `conflict` when somebody else wrote first
 */
export async function perform(
  step: Step,
  machine: Machine,
  asker: Omit<Asker, 'purpose'>,
  around: Surroundings,
): Promise<void> {
  refuseUnknowns(step);
  if (step.kind === 'ask') return performAsk(step, around, (put) => perform(put, machine, asker, around));
  if (step.kind === 'fetch') return performFetch(step, machine, asker);
  const shown = showStep(step);
  const isDetached = step.kind === 'exec' && step.detached;
  const acting: Asker = { ...asker, purpose: 'step', isDetached };
  if (step.kind === 'docker') {
    const { method, path } = step;
    const body = step.body === undefined ? undefined : JSON.stringify(revealed(step.body));
    const answer = await machine.docker({ method, path, body }, acting, shown);
    // Somebody else removed it: that it is gone is what was wanted, and is verified like all else.
    if (method === 'DELETE' && answer.status === 404) return;
    if (answer.status >= 400) throw failed(step, shown, answer.status, engineMessage(answer.body));
    return;
  }
  const { command, stdin } = await commandOf(step, around.machineOf);
  const { status, stderr } = await machine.exec(command, acting, shown, stdin);
  if (status === 0) return;
  await refuseChanged(contentOf(step));
  throw failed(step, shown, status, stderr.toString());
}

async function commandOf(
  step: Exclude<Step, { kind: 'docker' | 'ask' | 'fetch' }>,
  machineOf: (host: string) => Machine,
): Promise<{ command: string; stdin?: Uint8Array | StdinStream }> {
  if (step.kind === 'put') {
    const stdin = await readContent(step.content, machineOf);
    const size = stdin instanceof Uint8Array ? stdin.length : stdin.size;
    return { command: putScript(step, checksumOf(step.content, stdin), size).text, stdin };
  }
  if (step.kind === 'tree') {
    const layout = layTree(step);
    return { command: treeScript(step, layout).text, stdin: packTree(step, layout) };
  }
  if (step.kind === 'attributes') return { command: attributesScript(step).text };
  const command = (step.detached ? detachedScript(step.command) : step.command).text;
  if (step.stdin === undefined) return { command };
  return { command, stdin: await bytesOf(step.stdin, machineOf) };
}

async function bytesOf(
  stdin: NonNullable<ExecStep['stdin']>,
  machineOf: (host: string) => Machine,
): Promise<Uint8Array | StdinStream> {
  if (typeof stdin === 'string') return Buffer.from(stdin);
  return stdin instanceof Secret ? Buffer.from(reveal(stdin)) : readContent(stdin, machineOf);
}

function checksumOf(content: Content, stdin: Uint8Array | StdinStream): string {
  if ('sha256' in content) return content.sha256;
  return stdin instanceof Uint8Array ? sha256Of(stdin) : '';
}

/** Where the bytes come from that a step sends. */
function contentOf(step: Step): Content | undefined {
  if (step.kind === 'put') return step.content;
  if (step.kind !== 'exec' || typeof step.stdin !== 'object' || step.stdin instanceof Secret)
    return undefined;
  return step.stdin;
}

function failed(step: Step, shown: string, status: number, stderr: string): DabookError {
  if (isConflict(step, stderr)) {
    return new DabookError('conflict', `others were at work on it, for too long: ${lastLine(stderr)}`, {
      command: { shown, status, stderr },
    });
  }
  const message =
    step.kind === 'docker'
      ? `the Docker Engine answered ${status}: ${stderr}`
      : `a command ended with status ${status}`;
  const hint = 'hint' in step ? step.hint : undefined;
  return commandFailed(message, shown, status, step.kind === 'docker' ? '' : stderr, hint);
}

function isConflict(step: Step, stderr: string): boolean {
  if (step.kind === 'docker') return stderr.includes(outOfSequence);
  return step.kind === 'exec' && step.conflicts?.test(stderr) === true;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** The value with its secrets filled in; made for the wire alone. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return reveal(value);
  if (Array.isArray(value)) return value.map(revealed);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

/** An apply knows everything it sends; an unknown here is a fault of the task. */
function refuseUnknowns(value: unknown): void {
  if (value instanceof Unknown) {
    throw new DabookError('bug', `a step would send ${value.what}, which is not known`);
  }
  if (Array.isArray(value)) value.forEach(refuseUnknowns);
  else if (isRecord(value)) Object.values(value).forEach(refuseUnknowns);
}
