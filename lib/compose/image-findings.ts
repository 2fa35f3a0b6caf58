import type { Found } from './finding.ts';
import { imageFault } from './image-name.ts';
import { lastSpot } from './last-spot.ts';
import type { ParsedFile } from './parse-file.ts';
import { imageScheme, strippedImage } from './stripped-image.ts';

/** A service of the merged files, as far as its image goes. */
type Service = { readonly image?: string | undefined };

/** Services without an image, and images that docker would not take. One that only has a scheme too many is a warning. */
export function imageFindings(
  services: Readonly<Record<string, Service>>,
  files: readonly ParsedFile[],
): readonly Found[] {
  return Object.entries(services).flatMap(([name, { image }]): readonly Found[] => {
    if (image === undefined || image === '') {
      return [
        {
          severity: 'fault',
          message: `service ${name} has no image in ${files.map(({ file }) => file).join(', ')}`,
          hint: "add 'image:' to it",
          spot: lastSpot(files, ['services', name]),
        },
      ];
    }
    // Docker's own merging has refused this already.
    const fault = typeof image === 'string' ? imageFault(image) : 'it is no text, and must be in quotes';
    if (fault === undefined) return [];
    const stripped = strippedImage(String(image));
    const isMended = imageScheme.test(image) && imageFault(stripped) === undefined;
    return [
      {
        severity: isMended ? 'warning' : 'fault',
        message: `image ${image} of service ${name} is not valid: ${fault}`,
        hint: `write it as in ${isMended ? stripped : stripped.toLowerCase()}`,
        spot: lastSpot(files, ['services', name, 'image']),
      },
    ];
  });
}
