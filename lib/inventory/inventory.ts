import type { Position } from '../input-fault.ts';
import type { Target } from '../transport/session.ts';

export type { InputFault, Position } from '../input-fault.ts';

export interface InventoryHost {
  readonly name: string;
  /** Every group it is in, ancestors and `all` included, outermost first. */
  readonly groups: readonly string[];
  /** Its variables after precedence: all < parent group < child group < host. Connection ones included. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Where a variable's value stands; where the host itself stands for a variable that it lacks. */
  origin(path: readonly PropertyKey[]): Position | undefined;
  readonly target: Target;
  /** `ansible_become`. */
  readonly become: boolean;
}

export interface InventoryGroup {
  readonly name: string;
  readonly children: readonly string[];
  /** Names of all hosts in it and in its children, in inventory order. */
  readonly hosts: readonly string[];
  /** Its own variables: those of the inventory file and of `group_vars/`. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Where a variable's value stands; where the group itself stands for a variable that it lacks. */
  origin(path: readonly PropertyKey[]): Position | undefined;
}

export interface Inventory {
  /** In the order of the files. */
  readonly hosts: readonly InventoryHost[];
  readonly groups: ReadonlyMap<string, InventoryGroup>;
}
