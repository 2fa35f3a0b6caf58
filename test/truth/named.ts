import type { PlannedTask } from '../../lib/plan/kept-plan.ts';
import type { Observed } from './observe.ts';

/** What a plan says that will be changed. */
export interface Named {
  /** Whether that covers a thing which was seen to change. */
  covers(thing: string): boolean;
  /** What was to change and did not: for each task, whether any of the things seen is of it. */
  unseen(things: readonly string[]): readonly string[];
}

/** Patterns of the things that one task changes. */
function patternsOf(task: PlannedTask, nodes: ReadonlyMap<string, string>): readonly RegExp[] {
  const { host, name, title, changes } = task;
  const exact = (text: string) => new RegExp(`^${escaped(text)}$`);
  const file = (path: string) => exact(`file ${host}:${path}`);
  const ids = (hostname: string) => [...nodes].filter(([, of]) => of === hostname).map(([id]) => id);
  const ofNode = (words: readonly string[], hostname: string) =>
    new RegExp(`^(${words.join('|')}) (of )?(${[...ids(hostname), hostname].map(escaped).join('|')})$`);
  switch (name) {
    case 'yamlFile':
    case 'xmlValues':
    case 'xmlFile':
      return [file(title.replace(/^edit /, ''))];
    case 'copyFile':
      return [file(title.replace(/^copy to /, ''))];
    case 'fileAbsent':
      return [file(title.replace(/^remove /, ''))];
    case 'copyKeys': {
      const dir = title.replace(/^.* to /, '');
      const names = changes.map(({ path }) => /^(.*?\.key)\b/.exec(path)?.[1]);
      return [...new Set(names)].map((key) => (key === undefined ? file(dir) : file(`${dir}/${key}`)));
    }
    case 'ownedTree':
      return [new RegExp(`^file ${host}:${escaped(title.replace(/ belongs to .*$/, ''))}(/|$)`)];
    case 'gate':
      return [new RegExp(`^file ${host}:.*answers`)];
    case 'labelNode':
      return [ofNode(['labels', 'node'], title.replace(/^label node /, ''))];
    case 'nodeAvailability':
      return [ofNode(['availability', 'node'], title.replace(/^\w+ node /, ''))];
    case 'nodeRemove':
      return [
        new RegExp(
          `^(node|labels of|role of|availability of) ${escaped(title.replace(/^remove node /, ''))}$`,
        ),
      ];
    case 'swarmLeave':
    case 'swarmJoin':
    case 'swarmInit':
      return [exact(`swarm of ${host}`), ofNode(['node', 'labels', 'role', 'availability'], host)];
    case 'stackDeploy':
      return changes.flatMap(({ path }) => {
        const [, kind, thing = ''] = /^(services|networks|secrets|configs)\.(.*)$/.exec(path) ?? [];
        if (kind === 'networks') return [exact(`network ${thing.split('.')[0]}`)];
        return kind === undefined
          ? []
          : [new RegExp(`^${kind.slice(0, -1)} da_${escaped(thing.split('.')[0] ?? '')}$`)];
      });
    case 'stackRemove':
      return changes.flatMap(({ path, from }) => {
        const kind = /^(services|networks|secrets|configs)\[\]$/.exec(path)?.[1];
        return kind === undefined ? [] : [exact(`${kind.slice(0, -1)} ${from}`)];
      });
    case 'serviceRestart':
      return [exact(`service ${title.replace(/^restart service /, '')}`)];
    default:
      return [];
  }
}

/** Tasks that change nothing on the hosts: they wait, or write on the control machine. */
const elsewhere = new Set(['backup', 'nodesReady', 'stackPlaced', 'stackSteady', 'portAnswers', 'portsOpen']);

/**
 * What a plan names, to be held against what is seen.
 * @param around what was on the hosts before and after: it tells which node is of which host
 */
export function named(tasks: readonly PlannedTask[], around: readonly Observed[]): Named {
  const nodes = new Map(
    around.flatMap((observed) =>
      [...observed].flatMap(([thing, hostname]) =>
        thing.startsWith('node ') ? [[thing.slice('node '.length), hostname] as const] : [],
      ),
    ),
  );
  const each = tasks
    .filter(({ name, status }) => !elsewhere.has(name) && status === 'would-change')
    .map((task) => ({ task, patterns: patternsOf(task, nodes) }));
  return {
    covers: (thing) => each.some(({ patterns }) => patterns.some((pattern) => pattern.test(thing))),
    unseen: (things) =>
      each.flatMap(({ task, patterns }) =>
        patterns.some((pattern) => things.some((thing) => pattern.test(thing)))
          ? []
          : [`${task.host} ${task.name} ${task.title}`],
      ),
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
