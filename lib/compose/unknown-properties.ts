import { isRecord } from '../equal.ts';
import type { Found } from './finding.ts';
import { forbiddenProperties, type Known, knownProperties } from './known-properties.ts';
import type { ParsedFile, Path } from './parse-file.ts';

/** Properties that no compose file of a stack may have: a misspelt one must not be read over. */
export function unknownProperties(file: ParsedFile): readonly Found[] {
  return unknownIn(file.data, knownProperties, [], file);
}

function unknownIn(value: unknown, known: Known, path: Path, file: ParsedFile): readonly Found[] {
  if (known === true || !isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const inner = known[key] ?? known['*'];
    const place = [...path, key];
    if (inner !== undefined) return unknownIn(item, inner, place, file);
    if (key.startsWith('x-')) return [];
    const isService = path.length === 2 && path[0] === 'services';
    const instead = isService ? forbiddenProperties[key] : undefined;
    return [
      {
        severity: 'fault' as const,
        message: `${place.join('.')} is not allowed in a stack`,
        hint: instead ?? 'is it misspelt, or in the wrong place?',
        spot: file.spot(place),
      },
    ];
  });
}
