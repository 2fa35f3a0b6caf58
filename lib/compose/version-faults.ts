import type { Found } from './finding.ts';
import type { ParsedFile } from './parse-file.ts';

/** The version of a file that does not say one: the newest. */
export const newestVersion = '3.13';

/** Files of different versions cannot be merged; a version that docker has no stacks for cannot be deployed. */
export function versionFaults(files: readonly ParsedFile[]): readonly Found[] {
  const versions = files.map(({ data }) => String(data.version ?? newestVersion));
  const other = files.find((_, index) => versions[index] !== versions[0]);
  if (other !== undefined) {
    const each = files.map(
      ({ file, data }) => `${file} has ${data.version ?? `none, which counts as ${newestVersion}`}`,
    );
    return [
      {
        severity: 'fault',
        message: `the compose files have different versions: ${each.join(', ')}`,
        hint: "write the same 'version:' into every file",
        spot: other.spot(['version']),
      },
    ];
  }
  const [version = newestVersion] = versions;
  if (/^3(\.([0-9]|1[0-3]))?$/.test(version)) return [];
  return [
    {
      severity: 'fault',
      message: `version ${version} is not one of stacks`,
      hint: 'use version 3.0 to 3.13',
      spot: files[0]?.spot(['version']),
    },
  ];
}
