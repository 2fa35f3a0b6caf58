import type { Found } from './finding.ts';
import { imageName } from './image-name.ts';
import { lastSpot } from './last-spot.ts';
import type { ParsedFile } from './parse-file.ts';
import { strippedImage } from './stripped-image.ts';

/** What images of one place are tagged with, and by which services. */
type Tags = Map<string, string[]>;

/**
 * Images that come from one place, such as `registry.test/da/`, and have different tags: parts of one product
 * that were not upgraded together. Images without such a place are each other's strangers.
 */
export function tagFindings(
  services: Readonly<Record<string, { readonly image?: string | undefined }>>,
  files: readonly ParsedFile[],
): readonly Found[] {
  const places = new Map<string, Tags>();
  for (const [service, { image = '' }] of Object.entries(services)) {
    const [, place, tag] = /^(.+)\/[^/]+:([^/]+)$/.exec(imageName(strippedImage(String(image)))) ?? [];
    if (place === undefined || tag === undefined) continue;
    const tags: Tags = places.get(place) ?? new Map();
    places.set(place, tags.set(tag, [...(tags.get(tag) ?? []), service]));
  }
  return [...places].flatMap(([place, tags]): readonly Found[] => {
    if (tags.size < 2) return [];
    // The odd ones out come last, and the finding stands at them.
    const ordered = [...tags].sort(([, a], [, b]) => b.length - a.length);
    const shown = ordered.map(([tag, users]) => `${tag} (${users.join(', ')})`);
    const odd = ordered.at(-1)?.[1][0] ?? '';
    return [
      {
        severity: 'warning',
        message: `the images of ${place} have different tags: ${shown.join(', ')}`,
        hint: 'services of one product are to have one version: is this meant so?',
        spot: lastSpot(files, ['services', odd, 'image']),
      },
    ];
  });
}
