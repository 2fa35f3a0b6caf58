/** Where something stands in a YAML text: keys of mappings, numbers (from 0) of list items. */
export type Path = readonly (string | number)[];

/** What a YAML text can hold. */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [key: string]: Plain | undefined };

/** A path for people. @example showPath(['services', 'policy', 'ports', 0]) // 'services.policy.ports[0]' */
export function showPath(path: Path): string {
  return path
    .map((step, i) => {
      if (typeof step === 'number') return `[${step}]`;
      const name = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
      return i === 0 ? name : `.${name}`;
    })
    .join('');
}

/** What stands at a path of plain data; `undefined` where nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null || Array.isArray(at) !== (typeof step === 'number'))
      return isMapping(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    return Object.hasOwn(at, step) ? (at as Record<string | number, unknown>)[step] : undefined;
  }, data);
}

function isMapping(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same data with another value at a path, or with nothing there. What is missing on the way is made. */
export function withValueAt(data: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(data) || ((data === null || data === undefined) && typeof step === 'number')) {
    const items: unknown[] = Array.isArray(data) ? [...data] : [];
    const index = Number(step);
    if (rest.length === 0 && value === undefined) items.splice(index, 1);
    else items[index] = withValueAt(items[index], rest, value);
    return items;
  }
  const entries = new Map(Object.entries(isMapping(data) ? data : {}));
  if (rest.length === 0 && value === undefined) entries.delete(String(step));
  else entries.set(String(step), withValueAt(entries.get(String(step)), rest, value));
  return Object.fromEntries(entries);
}
