import { isIPv6 } from 'node:net';
import picomatch from 'picomatch';
import { DabookError } from '../errors.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Inventory, InventoryHost } from './inventory.ts';

/**
 * The hosts that one of Ansible's patterns stands for, in inventory order.
 *
 * | pattern | hosts |
 * |---|---|
 * | `web1`, `web`, `all` | that host, the hosts of that group, every host |
 * | `web*`, `db?`, `n[1-3]` | those whose name, or a group's name, fits the glob |
 * | `~web\d+` | those whose name, or a group's name, starts as the regular expression says |
 * | `a,b` or `a:b` | those of either |
 * | `web,&live` | those of `web` that are also in `live` |
 * | `web,!web3` | those of `web` without `web3` |
 * | `web[0]`, `web[-1]`, `web[0:2]`, `web[1:]` | the first, the last, the first three, all but the first |
 * | `@failed` | those that `earlier` has by that name |
 *
 * @param earlier names of hosts of an earlier run, by words that begin with `@`; none by default
 * @throws DabookError `usage` where the whole pattern, or a part of it, stands for nothing: a part that is
 * overlooked would leave a host out, or leave one in that was to be spared
 */
export function selectHosts(
  inventory: Inventory,
  pattern: string,
  earlier: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): readonly InventoryHost[] {
  const hosts = inventory.hosts.map(({ name }) => name);
  const named: Named = { groups: inventory.groups, hosts, known: new Set(hosts), earlier };
  const parts = splitPattern(named, pattern);
  if (parts.length === 0)
    throw new DabookError('usage', 'the host pattern is empty', { hint: 'all hosts are "all"' });
  const plain = parts.filter((part) => !/^[&!]/.test(part));
  const chosen = new Set((plain.length === 0 ? ['all'] : plain).flatMap((part) => matches(named, part)));
  for (const part of parts.filter((each) => each.startsWith('&'))) {
    const kept = new Set(matches(named, part.slice(1)));
    for (const name of chosen) if (!kept.has(name)) chosen.delete(name);
  }
  for (const part of parts.filter((each) => each.startsWith('!'))) {
    for (const name of matches(named, part.slice(1))) chosen.delete(name);
  }
  if (chosen.size === 0) {
    throw new DabookError('usage', `no host fits the pattern "${pattern}"`, {
      hint: 'each part of it is known, but together they leave no host',
    });
  }
  return inventory.hosts.filter(({ name }) => chosen.has(name));
}

/** What a pattern can name. Made once for all of its parts, which may be hundreds of names. */
interface Named {
  readonly groups: Inventory['groups'];
  /** In inventory order. */
  readonly hosts: readonly string[];
  readonly known: ReadonlySet<string>;
  readonly earlier: ReadonlyMap<string, ReadonlySet<string>>;
}

function splitPattern({ groups, known }: Named, pattern: string): readonly string[] {
  const name = pattern.trim();
  const isOneName = groups.has(name) || known.has(name);
  if (isOneName || isIPv6(name.replace(/^[&!]/, ''))) return [name];
  // a colon within brackets is a slice's
  const parts = name.includes(',') ? name.split(',') : (name.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? []);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The names of the hosts that one part stands for. */
function matches(named: Named, part: string): readonly string[] {
  const exact = named.known.has(part) ? [part] : undefined;
  const [, expression = part, from, colon, to] = part.startsWith('~')
    ? []
    : (/^(.+)\[(-?\d+)(?:(:)(\d*))?\]$/.exec(part) ?? []);
  const found =
    exact ?? (expression.startsWith('@') ? ofEarlier(named, expression) : enumerate(named, expression));
  if (found === undefined) {
    throw new DabookError('usage', `"${expression}" is no host and no group of the inventory`, {
      hint:
        didYouMean(expression, [...named.groups.keys(), ...named.hosts]) ??
        'see them with: dabook inventory -i <inventory> --graph',
    });
  }
  if (exact !== undefined || from === undefined) return found;
  const start = Number(from);
  const sliced = colon === undefined ? found.at(start) : found.slice(start, to ? Number(to) + 1 : undefined);
  if (sliced !== undefined && sliced.length > 0) return typeof sliced === 'string' ? [sliced] : sliced;
  throw new DabookError('usage', `"${part}" is past the end: "${expression}" has ${found.length} hosts`, {
    hint: 'the first host has the number 0',
  });
}

function ofEarlier({ hosts, earlier }: Named, expression: string): readonly string[] {
  const known = earlier.get(expression);
  if (known !== undefined) return hosts.filter((name) => known.has(name));
  throw new DabookError('usage', `a file of hosts ("${expression}") is not understood as a pattern`, {
    hint: 'of the last run there are @failed, @unreachable and @lost',
  });
}

/** Nothing where the expression names neither a group nor a host. */
function enumerate({ groups: all, hosts }: Named, expression: string): readonly string[] | undefined {
  const group = all.get(expression);
  if (group !== undefined) return group.hosts;
  const fits = matcher(expression);
  const groups = [...all.values()].filter(({ name }) => !/^(all|ungrouped)$/.test(name) && fits(name));
  const named = hosts.filter(fits);
  if (groups.length === 0 && named.length === 0) return undefined;
  const chosen = new Set([...groups.flatMap((each) => each.hosts), ...named]);
  return hosts.filter((name) => chosen.has(name));
}

function matcher(expression: string): (name: string) => boolean {
  if (!expression.startsWith('~')) {
    const fits = picomatch(expression.replaceAll('[!', '[^'), {
      dot: true,
      bash: true,
      nobrace: true,
      noextglob: true,
      nonegate: true,
    });
    // not the matcher itself: its second parameter would take filter's index for an option
    return (name) => fits(name);
  }
  try {
    const regex = new RegExp(`^(?:${expression.slice(1)})`);
    return (name) => regex.test(name);
  } catch (error) {
    throw new DabookError('usage', `the pattern "${expression}" is not a regular expression`, {
      cause: error,
    });
  }
}
