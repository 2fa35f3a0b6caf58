import { readYaml, type YamlEdit } from 'dabook/tasks';
import type { PublishedPort } from './service-entry.ts';

/**
 * The edits that make a service publish these ports, in the words that its list of ports is written in
 * already: only what differs is touched. A list of another length is written anew.
 * @param at where the list stands in the text
 */
export function portEdits(
  text: string,
  at: readonly (string | number)[],
  ports: readonly PublishedPort[],
): readonly YamlEdit[] {
  const list = readYaml(text, at);
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  if (entries.length !== ports.length) return [{ at, set: ports.map(longForm) }];
  return ports.flatMap((port, index) => entryEdits(entries[index], port, [...at, index]));
}

function entryEdits(
  entry: unknown,
  port: PublishedPort,
  at: readonly (string | number)[],
): readonly YamlEdit[] {
  if (typeof entry === 'object' && entry !== null) {
    return Object.entries(port).flatMap(([key, value]) =>
      value === undefined ? [] : [{ at: [...at, key], set: value }],
    );
  }
  // The short form: "9301:8080/udp".
  const [, target = '', protocol = ''] = /(\d+)(\/\w+)?$/.exec(String(entry)) ?? [];
  const behind = port.protocol === undefined ? protocol : `/${port.protocol}`;
  return [{ at, set: `${port.published}:${port.target ?? target}${behind}` }];
}

/** Without a target a port is published as it is. */
function longForm({ published, target = published, protocol = 'tcp', mode = 'host' }: PublishedPort) {
  return { target, published, protocol, mode };
}
