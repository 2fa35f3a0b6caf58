import type { ServiceSpec } from './service-spec.ts';

/** What of a node placement constraints look at. */
export interface ConstrainedNode {
  readonly ID: string;
  /** Known by what check mode foresees of it: nothing but its role, its availability, its labels, and its hostname at best. */
  readonly isJoining?: true;
  readonly Spec: { readonly Role: string; readonly Availability: string; readonly Labels?: Words | null };
  readonly Status: { readonly State: string; readonly Addr?: string };
  readonly Description?: {
    readonly Hostname?: string;
    readonly Platform?: { readonly OS?: string; readonly Architecture?: string };
    readonly Engine?: { readonly Labels?: Words | null };
  };
}

type Words = Readonly<Record<string, string>>;

/** What people call a node. */
export function nameOf({ ID, Description, isJoining }: ConstrainedNode): string {
  return Description?.Hostname || (isJoining ? 'a node that is yet to join' : ID);
}

/** A placement constraint such as `node.labels.tier == db`. */
export interface Constraint {
  readonly key: string;
  readonly operator: '==' | '!=';
  readonly value: string;
}

/** The placement constraints of a service. */
export function constraintsOf({ TaskTemplate }: Pick<ServiceSpec, 'TaskTemplate'>): readonly string[] {
  return TaskTemplate.Placement?.Constraints ?? [];
}

/** Reads a placement constraint; none for a text that is no constraint. */
export function parseConstraint(text: string): Constraint | undefined {
  const found = /^\s*([^=!\s]+)\s*(==|!=)\s*(.*?)\s*$/.exec(text);
  const [, key, operator, value] = found ?? [];
  if (key === undefined || value === undefined) return undefined;
  return { key, operator: operator === '!=' ? '!=' : '==', value };
}

/** A constraint in one spelling. */
export function showConstraint({ key, operator, value }: Constraint): string {
  return `${key} ${operator} ${value}`;
}

/** Whether a node satisfies a constraint, as the scheduler sees it: without regard to case. */
export function satisfies(node: ConstrainedNode, { key, operator, value }: Constraint): boolean {
  const actual = actualValue(node, key);
  if (actual === undefined) return node.isJoining === true;
  const same = actual.toLowerCase() === value.toLowerCase();
  return operator === '==' ? same : !same;
}

/** Whether a node satisfies all constraints. Those that cannot be read are left to the scheduler. */
export function satisfiesAll(node: ConstrainedNode, constraints: readonly string[]): boolean {
  return constraints.every((text) => {
    const constraint = parseConstraint(text);
    return constraint === undefined || satisfies(node, constraint);
  });
}

/** The value of a label, as the scheduler sees it: one that is missing counts as an empty text. */
export function labelIn(labels: Words, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

function actualValue(node: ConstrainedNode, key: string): string | undefined {
  const label = /^(node|engine)\.labels\.(.+)$/i.exec(key);
  if (label !== null) {
    const [, kind = '', name = ''] = label;
    const labels = kind.toLowerCase() === 'node' ? node.Spec.Labels : node.Description?.Engine?.Labels;
    if (kind.toLowerCase() === 'engine' && node.isJoining) return undefined;
    return labels ? labelIn(labels, name) : '';
  }
  switch (key.toLowerCase()) {
    case 'node.role':
      return node.Spec.Role;
    case 'node.hostname':
      return node.Description?.Hostname ?? (node.isJoining ? undefined : '');
  }
  if (node.isJoining) return undefined;
  switch (key.toLowerCase()) {
    case 'node.id':
      return node.ID;
    case 'node.ip':
      return node.Status.Addr ?? '';
    case 'node.platform.os':
      return node.Description?.Platform?.OS ?? '';
    case 'node.platform.arch':
      return node.Description?.Platform?.Architecture ?? '';
    default:
      return undefined;
  }
}
