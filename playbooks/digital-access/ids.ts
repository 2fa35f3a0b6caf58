import { isKnown, type Later } from 'dabook';
import type { GateState } from 'dabook/tasks';
import type { Service } from './service.ts';

/** The ids of services by their names, as the gate left them. */
export function idOf({ name, id }: Service, answers: GateState['answers']): Later<number> | undefined {
  const answer = answers[name];
  if (answer === undefined) return id;
  return isKnown(answer) ? Number(answer) : answer;
}

/**
 * Why these ids cannot be; nothing where they can.
 * @param given by the names of the services
 * @param taken ids that other services have already, by their names
 */
export function refuseIds(
  services: readonly Service[],
  given: Readonly<Record<string, unknown>>,
  taken: Readonly<Record<string, number>> = {},
): string | undefined {
  const ids = services.flatMap(({ name, id }) => {
    const known = given[name] ?? id;
    return known === undefined || known === null ? [] : [[name, Number(known)] as const];
  });
  for (const [index, [name, id]] of ids.entries()) {
    const twin = ids.slice(0, index).find(([, other]) => other === id);
    if (twin !== undefined) return `${id} is the id of ${twin[0]} and of ${name}`;
    const holder = Object.entries(taken).find(([other, its]) => its === id && other !== name);
    if (holder !== undefined) return `${id}, given to ${name}, is the id of ${holder[0]} already`;
  }
  return undefined;
}
