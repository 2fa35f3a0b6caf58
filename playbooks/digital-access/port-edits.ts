import { refuse } from 'dabook';
import type { YamlEdit } from 'dabook/tasks';
import type { PublishedPort } from './service-entry.ts';

type Path = readonly (string | number)[];

/**
 * The edits that make a service publish these ports, in the words that its list of ports is written in already:
 * only what differs is touched, in whatever order they stand. A list of another length is written anew.
 * @param list what stands there now
 * @param at where the list stands in the text
 * @throws DabookError `refused` for an entry that would have to be changed and is a range, or holds a variable
 */
export function portEdits(list: unknown, at: Path, ports: readonly PublishedPort[]): readonly YamlEdit[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  const places = placesOf(ports, entries);
  if (entries.length !== ports.length) {
    return [{ at, set: ports.map((port, index) => changed(entries[places[index] ?? -1], port, at)) }];
  }
  const others = entries.flatMap((_, index) => (places.includes(index) ? [] : [index]));
  return ports.flatMap((port, index): readonly YamlEdit[] => {
    const place = places[index] ?? others.shift() ?? index;
    const [entry, path] = [entries[place], [...at, place]];
    if (typeof entry !== 'object' || entry === null) return [{ at: path, set: changed(entry, port, path) }];
    return Object.entries(port).flatMap(([key, value]) =>
      value === undefined || String((entry as Long)[key]) === String(value)
        ? []
        : [{ at: [...path, key], set: value }],
    );
  });
}

/** Which entry publishes each port already; none where no entry does. */
function placesOf(
  ports: readonly PublishedPort[],
  entries: readonly unknown[],
): readonly (number | undefined)[] {
  const parts = entries.map(partsOf);
  const taken = new Set<number>();
  const take = ({ published }: PublishedPort, protocol: string | undefined) => {
    const place = parts.findIndex(
      (entry, index) =>
        !taken.has(index) &&
        entry?.published === String(published) &&
        (protocol === undefined || entry.protocol === protocol),
    );
    if (place < 0) return undefined;
    taken.add(place);
    return place;
  };
  const exact = ports.map((port) => take(port, port.protocol ?? 'tcp'));
  // A protocol that the inventory does not say is as the entry has it.
  return ports.map((port, index) => exact[index] ?? (port.protocol ? undefined : take(port, undefined)));
}

type Value = Extract<YamlEdit, { readonly set: unknown }>['set'];
type Long = Readonly<Record<string, Value>>;

/** The entry with what the inventory says. */
function changed(entry: unknown, port: PublishedPort, at: Path): Value {
  const { published, target, protocol, mode } = port;
  if (entry === undefined || entry === null) return longForm(port);
  if (typeof entry === 'object') {
    const stated = Object.entries(port).filter(([, value]) => value !== undefined);
    return { ...(entry as Long), ...Object.fromEntries(stated) };
  }
  const parts = partsOf(entry);
  if (parts === undefined) {
    throw refuse(
      `${at.join('.')} is ${entry}, which cannot be made to publish ${published}: it is more than one port, or its target is no number`,
      'write each port by itself, as in 8080:80, or leave the ports of this service out of the inventory',
    );
  }
  const wanted = {
    target: target ?? Number(parts.target),
    published,
    protocol: protocol ?? parts.protocol,
    mode: mode ?? 'ingress',
  };
  const isSo =
    parts.published === String(published) &&
    parts.target === String(wanted.target) &&
    parts.protocol === wanted.protocol &&
    wanted.mode === 'ingress';
  if (isSo) return entry as Value;
  // The short form has no mode, and an address in it does not outlive a change: a swarm has no use for it.
  if (parts.address !== undefined || wanted.mode !== 'ingress') return wanted;
  const behind = protocol ?? parts.writtenProtocol;
  return `${published}:${wanted.target}${behind === undefined ? '' : `/${behind}`}`;
}

interface Parts {
  readonly address?: string | undefined;
  readonly published: string | undefined;
  readonly target: string;
  readonly protocol: string;
  /** As it stands in the short form; none where it is left to the default. */
  readonly writtenProtocol?: string | undefined;
}

const shortForm = /^(?:(?:(\[[^\]]*\]|[\d.]+):)?(\d*|\$\w+|\$\{[^}]*\}):)?(\d+)(?:\/(\w+))?$/;

/** What an entry of either form says; nothing for ranges, and for what only the shell's variables tell. */
function partsOf(entry: unknown): Parts | undefined {
  if (typeof entry === 'object' && entry !== null) {
    const { published, target, protocol = 'tcp' } = entry as Long;
    return { published: String(published), target: String(target), protocol: String(protocol) };
  }
  const [, address, published, target, writtenProtocol] = shortForm.exec(String(entry)) ?? [];
  if (target === undefined) return undefined;
  return { address, published, target, protocol: writtenProtocol ?? 'tcp', writtenProtocol };
}

/** Without a target a port is published as it is. */
function longForm({ published, target = published, protocol = 'tcp', mode = 'host' }: PublishedPort) {
  return { target, published, protocol, mode };
}
