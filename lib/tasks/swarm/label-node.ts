import { DabookError } from '../../errors.ts';
import { type Fact, fact } from '../../fact.ts';
import { refuse } from '../../refuse.ts';
import { show } from '../../show.ts';
import { type Task, task } from '../../task.ts';
import { isKnown, type Later } from '../../unknown.ts';
import { foreseeNode } from './foreseen-nodes.ts';
import { type NodeSpec, nodeSpec, yetToJoin } from './node-spec.ts';
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
  want: (now, { node, labels = {}, remove = [], exact = false, name }): LabelledNode => {
    if (!now.listed) {
      const called = name === undefined ? show(node) : `${name} (${show(node)})`;
      throw refuse(
        `the swarm has no node ${called}`,
        'a node that leaves and joins again has a new id: take it from the state of swarmJoin, or from findNode',
      );
    }
    const kept = exact ? [] : Object.entries(now.labels).filter(([key]) => !remove.includes(key));
    return { ...now, labels: { ...Object.fromEntries(kept), ...labels } };
  },
  steps: (now, want) => {
    const leaving = evicted(now.tasks ?? [], now.labels, want.labels);
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
  foresees: (_now, { tasks: _tasks, ...node }) => foreseeNode(node),
});

/** A node, with the tasks that labels hold there, where labels may be taken off it. */
interface LabelledNode extends NodeSpec {
  readonly tasks?: readonly LabelledTask[];
}

function labelledNode({ node, remove = [], exact = false }: LabelNodeArgs): Fact<LabelledNode> {
  if (!exact && remove.length === 0) return nodeSpec(node);
  return fact<LabelledNode>({
    key: ['swarm node with tasks', node],
    whenUnknown: () => yetToJoin(node),
    read: async (ask) => {
      const [found, tasks] = await Promise.all([
        ask.fact(nodeSpec(node)),
        isKnown(node) ? labelledTasks(ask, node) : [],
      ]);
      return { ...found, tasks };
    },
  });
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
