import { equal } from '../../equal.ts';
import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { foreseeNode } from './foreseen-nodes.ts';
import { type NodeSpec, nodeSpec } from './node-spec.ts';
import { evicted, type LabelledTask, labelledTasks } from './node-tasks.ts';
import { nodeUpdate } from './node-update.ts';
import type { Labels, NodeId } from './swarm-node.ts';

export interface LabelNodeArgs {
  /** By id, never by hostname: a host that joined again is listed twice under its name. */
  readonly node: Later<NodeId>;
  /** Labels that it has, with these values; an empty value is one too. */
  readonly labels?: Labels;
  /** Labels that it has not, whatever their value. None by default. */
  readonly remove?: readonly string[];
  /** True when it has no other labels than these. False by default: others are left alone. */
  readonly exact?: boolean;
  /** What to call the node in the title; its id by default. */
  readonly name?: string;
}

/**
 * A node has these labels. Run it on a manager. Whatever differs is set and removed in one write, which
 * is decided anew when somebody else wrote at the same time.
 * @throws DabookError `playbook` for labels that cannot be, `refused` when the swarm has no such node
 * @example await manager.run(labelNode({ node: state.nodeId, labels: { 'da-policy-service1': 'true' } }))
 */
export function labelNode(args: LabelNodeArgs): Task<NodeSpec> {
  refuseBadLabels(args);
  return label(args);
}

const label = task('labelNode', {
  rights: 'docker',
  title: ({ node, name }: LabelNodeArgs) => `label node ${name ?? show(node)}`,
  fact: labelledNode,
  want: (now, args): LabelledNode => {
    const { node, name } = args;
    if (!now.listed) {
      const called = name === undefined ? show(node) : `${name} (${show(node)})`;
      throw refuse(
        `the swarm has no node ${called}`,
        'a node that leaves and joins again has a new id: take it from the state of swarmJoin, or from findNode',
      );
    }
    return { ...now, labels: labelsThen(now.labels, args) };
  },
  steps: (now, want) => {
    const leaving = evicted(now[held] ?? [], now.labels, want.labels);
    const title = `label node ${want.hostname ?? show(want.id)}: ${labelChanges(now, want)}`;
    return [
      leaving.length === 0
        ? nodeUpdate(want, title)
        : {
            ...nodeUpdate(want, title),
            destroys: `the tasks of ${leaving.join(', ')} on node ${want.hostname ?? show(want.id)}, which its labels hold there`,
          },
    ];
  },
  // One that is not known yet is yet to be: nothing is held there.
  endangers: ({ node, name = show(node) }) =>
    isKnown(node) ? `tasks on node ${name}, which its labels hold there` : undefined,
  // Read anew with its tasks, of the node as it is foreseen.
  foresees: (_now, { [held]: _held, ...node }, args) => [{ fact: labelledNode(args) }, ...foreseeNode(node)],
});

/** The tasks that labels hold on a node. No diff and no event has them, since those take what has a name. */
export const held = Symbol('held');

/** A node, and what is held there where a label of it is to change. */
interface LabelledNode extends NodeSpec {
  readonly [held]?: readonly LabelledTask[];
}

/** Any change of a label may end tasks: also a new one, which a service may ask a node not to have. */
function labelledNode(args: LabelNodeArgs): Fact<LabelledNode> {
  const { node } = args;
  if (!isKnown(node)) return nodeSpec(node);
  return fact<LabelledNode>({
    key: ['swarm node with tasks', node],
    read: async (ask) => {
      const found = await ask.fact(nodeSpec(node));
      const changes = found.listed && !equal(found.labels, labelsThen(found.labels, args));
      return changes ? { ...found, [held]: await labelledTasks(ask, node) } : found;
    },
  });
}

function labelsThen(now: Labels, { labels = {}, remove = [], exact = false }: LabelNodeArgs): Labels {
  const kept = exact ? [] : Object.entries(now).filter(([key]) => !remove.includes(key));
  return { ...Object.fromEntries(kept), ...labels };
}

/** `da-policy=true, -old`: what is set, then what is removed. */
function labelChanges(now: NodeSpec, want: NodeSpec): string {
  const set = Object.entries(want.labels).filter(([key, value]) => now.labels[key] !== value);
  const removed = Object.keys(now.labels).filter((key) => !Object.hasOwn(want.labels, key));
  return [...set.map(([key, value]) => `${key}=${value}`), ...removed.map((key) => `-${key}`)].join(', ');
}

function refuseBadLabels({ labels = {}, remove = [] }: LabelNodeArgs): void {
  for (const key of [...Object.keys(labels), ...remove]) {
    if (key === '' || /[\s=]/.test(key)) {
      throw wrong(
        `${JSON.stringify(key)} cannot be the name of a label`,
        'a name is not empty and has no "=" and no blanks',
      );
    }
  }
  for (const [key, value] of Object.entries<unknown>(labels)) {
    if (typeof value !== 'string') {
      throw wrong(
        `the label ${key} has the value ${show(value)}, which is not a text`,
        `in YAML, put it in quotes: "${show(value)}"`,
      );
    }
  }
  const both = remove.filter((key) => Object.hasOwn(labels, key));
  if (both.length > 0) {
    throw wrong(`${both.join(', ')}: both in labels and in remove`, 'name each label in one of them');
  }
}

function wrong(what: string, hint: string): DabookError {
  return new DabookError('playbook', `labelNode: ${what}`, { hint });
}
