import { createHiding } from './hide-vars.ts';
import type { Inventory } from './inventory.ts';
import { ownHosts } from './own-hosts.ts';
import { sortedJson } from './sorted-json.ts';

/**
 * The whole inventory as JSON in the form of `ansible-inventory --list`: groups with their own hosts and children,
 * and every host's variables under `_meta.hostvars`. Secrets show their label,
 * and what is named like a password nothing.
 */
export function showList(inventory: Inventory): string {
  const groups = [...inventory.groups.values()].map((group) => {
    const hosts = ownHosts(inventory, group);
    const shown = {
      ...(group.children.length > 0 && { children: group.children }),
      ...(hosts.length > 0 && { hosts }),
    };
    return [group.name, shown] as const;
  });
  const hosts = inventory.hosts.filter(({ vars }) => Object.keys(vars).length > 0);
  const hide = createHiding();
  return sortedJson({
    ...Object.fromEntries(groups.filter(([, shown]) => Object.keys(shown).length > 0)),
    _meta: { hostvars: Object.fromEntries(hosts.map(({ name, vars }) => [name, hide(vars)])) },
  });
}
