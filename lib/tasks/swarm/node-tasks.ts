import { type Constraint, labelIn, parseConstraint } from '../../compose/constraint.ts';
import type { Ask } from '../../fact.ts';
import type { Labels, NodeId } from './swarm-node.ts';

/** A task that runs on a node for what the node is labelled with. */
export interface LabelledTask {
  /** The name of its service. */
  readonly service: string;
  readonly constraints: readonly Constraint[];
}

interface TaskAnswer {
  readonly ServiceID?: string;
  readonly Spec: { readonly Placement?: { readonly Constraints?: readonly string[] | null } };
}

interface ServiceAnswer {
  readonly ID: string;
  readonly Spec: { readonly Name: string };
}

/** The tasks of a node that are placed by labels of nodes, as a manager lists them. */
export async function labelledTasks(ask: Ask, node: NodeId): Promise<readonly LabelledTask[]> {
  const filters = encodeURIComponent(JSON.stringify({ node: [node], 'desired-state': ['running'] }));
  const [tasks = [], services = []] = await Promise.all([
    ask.docker<readonly TaskAnswer[]>(`/tasks?filters=${filters}`),
    ask.docker<readonly ServiceAnswer[]>('/services'),
  ]);
  const names = new Map(services.map(({ ID, Spec }) => [ID, Spec.Name]));
  return tasks.flatMap(({ ServiceID = '', Spec }) => {
    const constraints = (Spec.Placement?.Constraints ?? []).flatMap((text) => {
      const constraint = parseConstraint(text);
      return constraint !== undefined && labelOf(constraint) !== undefined ? [constraint] : [];
    });
    return constraints.length > 0 ? [{ service: names.get(ServiceID) ?? ServiceID, constraints }] : [];
  });
}

/** The services of which the swarm ends tasks on a node when its labels change like that, each once. */
export function evicted(tasks: readonly LabelledTask[], now: Labels, want: Labels): readonly string[] {
  const leaving = tasks.filter(
    ({ constraints }) =>
      constraints.every((constraint) => holds(constraint, now)) &&
      !constraints.every((constraint) => holds(constraint, want)),
  );
  return [...new Set(leaving.map(({ service }) => service))].sort();
}

/** As the scheduler sees it: without regard to case. */
function holds(constraint: Constraint, labels: Labels): boolean {
  const actual = labelIn(labels, labelOf(constraint) ?? '');
  const isSame = actual.toLowerCase() === constraint.value.toLowerCase();
  return (constraint.operator === '==') === isSame;
}

function labelOf({ key }: Constraint): string | undefined {
  return /^node\.labels\.(.+)$/i.exec(key)?.[1];
}
