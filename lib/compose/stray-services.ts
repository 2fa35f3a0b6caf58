import { isRecord } from '../equal.ts';
import type { Found } from './finding.ts';
import type { ParsedFile } from './parse-file.ts';

/**
 * Services of a file that changes services of earlier files, and that no earlier file has: most likely a
 * misspelt name. Docker would run them with whatever the one file says of them.
 */
export function strayServices(files: readonly ParsedFile[]): readonly Found[] {
  return files.flatMap((file, index) => {
    const earlier = [...new Set(files.slice(0, index).flatMap(servicesIn))];
    const names = servicesIn(file);
    if (!names.some((name) => earlier.includes(name))) return [];
    return names
      .filter((name) => !earlier.includes(name))
      .map((name): Found => {
        const isPlaced = file.has(['services', name, 'deploy', 'placement', 'constraints']);
        const where = isPlaced ? '' : ': it would run on any node';
        return {
          severity: 'fault',
          message: `service ${name} is in none of the files before, which define ${earlier.join(', ')}${where}`,
          hint: `correct its name, or define it in ${files[0]?.file} (or in a file of its own)`,
          spot: file.spot(['services', name]),
        };
      });
  });
}

/** The names of the services that a file says something of. */
export function servicesIn({ data }: ParsedFile): readonly string[] {
  return isRecord(data.services) ? Object.keys(data.services) : [];
}
