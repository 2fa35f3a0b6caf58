import { scoped } from '../../compose/namespace.ts';
import { type Fact, fact } from '../../fact.ts';
import { isKnown, laterState } from '../../unknown.ts';
import { type StackBasis, type StackObjects, stackObjects } from './stack-objects.ts';

/** Which parts of a stack are meant. */
export interface StackPartsArgs {
  readonly name: string;
  /** By their names in the compose files: these services only. All of the stack by default. */
  readonly services?: readonly string[] | undefined;
}

/** What is there still of what is to go, by name. */
export interface PartsToRemove extends Pick<StackObjects, 'services' | 'networks' | 'secrets' | 'configs'> {
  /**
   * Whether tasks, or containers on this host, of services that are gone have yet to end. Nothing is said of those of
   * services that are there: how many they are changes by itself, and a plan would be stale by it.
   */
  readonly isLeaving: boolean;
  /** The same before and after; of tasks and containers only those that are to go. */
  readonly basis: StackBasis;
}

/** Of some services nothing is meant but what they share with no other one: networks, secrets and configs stay. */
export function partsToRemove(args: StackPartsArgs): Fact<PartsToRemove> {
  return fact<PartsToRemove>({
    key: ['parts of stack to be removed', args.name, args.services === undefined, ...(args.services ?? [])],
    read: async (ask) => {
      const all = await ask.fact(stackObjects(args.name));
      return isKnown(all) ? partsOf(all, staying(args)) : laterState(`what there is of stack ${args.name}`);
    },
  });
}

/**
 * What stays when some services go: undefined where nothing does. What belongs to no service any more is of one
 * that was removed a moment ago.
 */
export function staying({ name, services }: StackPartsArgs) {
  if (services === undefined) return undefined;
  const going = new Set(services.map((service) => scoped(name, service)));
  return (service: string | undefined): boolean => service !== undefined && !going.has(service);
}

function partsOf(all: StackObjects, stay: ReturnType<typeof staying>): PartsToRemove {
  const goes = (service: string | undefined) => stay === undefined || !stay(service);
  const services = all.services.filter(goes);
  const tasks = all.basis.tasks.filter(({ service }) => goes(service));
  const containers = all.basis.containers.filter(({ service }) => goes(service));
  const { networks, secrets, configs } =
    stay === undefined ? all : { networks: [], secrets: [], configs: [] };
  return {
    ...{ services, networks, secrets, configs },
    isLeaving: services.length === 0 && tasks.length + containers.length > 0,
    basis: { ...all.basis, tasks, containers },
  };
}
