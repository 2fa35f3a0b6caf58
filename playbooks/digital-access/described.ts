import { Installation, Node } from './installation.ts';
import { reviewInstallation } from './review-installation.ts';

/** What every playbook of an installation takes of the inventory, and what of it is refused. */
export const described = {
  groups: { manager: Node, workers: Node },
  vars: Installation,
  review: reviewInstallation,
} as const;
