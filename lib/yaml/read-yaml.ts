import { isRecord } from '../equal.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Path, valueAt } from './path.ts';

/**
 * What a YAML text (1.2, with `<<` merges) says at a path; all of it at `[]`.
 * @returns plain data; `undefined` where nothing is, and for an alias of an anchor that the text has not
 * @throws DabookError `refused`, with line and column, for what `editYaml` refuses to read
 * @example readYaml(text, ['services', 'policy', 'image']) // 'registry.example/policy:1'
 */
export function readYaml(text: string, path: Path): unknown {
  const { value, unresolved } = parseYaml(text);
  const found = valueAt(value, path);
  return unresolved.length === 0 ? found : withoutUnresolved(found);
}

function withoutUnresolved(value: unknown): unknown {
  if (typeof value === 'symbol') return undefined;
  if (Array.isArray(value)) return value.map(withoutUnresolved);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutUnresolved(item)]));
}
