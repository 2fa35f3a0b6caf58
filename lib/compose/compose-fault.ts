import type { DabookError } from '../errors.ts';
import { refuse } from '../refuse.ts';
import type { ComposeSource } from './compose-source.ts';
import { refuseFound } from './finding.ts';
import { forbiddenProperties } from './known-properties.ts';
import { type ParsedFile, parseFile } from './parse-file.ts';
import { unknownProperties } from './unknown-properties.ts';
import { versionFaults } from './version-faults.ts';

/**
 * The error for a fault that docker found in compose files: docker's own words, with the file and the line,
 * which docker does not tell.
 * @param stderr what `docker stack config` said
 */
export function composeFault(stderr: string, sources: readonly ComposeSource[]): DabookError {
  const said = stderr.trim();
  const unreadable = sources.find(({ text }) => text === undefined);
  const parsed = sources.map(tryParse);
  const broken = parsed.find((result) => 'fault' in result);
  // Docker's YAML and this reader's are not quite the same: what docker has read is not held against a file.
  if (broken !== undefined && (unreadable !== undefined || said.startsWith('yaml:'))) return broken.fault;
  const files = parsed.flatMap((result) => ('file' in result ? [result.file] : []));
  if (said.includes('forbidden properties')) {
    const found = files.flatMap(unknownProperties).find(({ message }) => isForbidden(message));
    return found === undefined ? refuse(said) : refuseFound(found);
  }
  const [mismatch] = said.startsWith('version mismatched') ? versionFaults(files) : [];
  if (mismatch !== undefined) return refuseFound(mismatch);
  const places = placesOf(said, files);
  const where = places.length > 0 ? places.join(', ') : sources.map(({ file }) => file).join(', ');
  return refuse(`${where}: ${said}`, 'correct the compose file; nothing was changed');
}

type Parsed = { readonly file: ParsedFile } | { readonly fault: DabookError };

function tryParse(source: ComposeSource): Parsed {
  try {
    return { file: parseFile(source) };
  } catch (error) {
    return { fault: error as DabookError };
  }
}

/** Where the property stands that docker's words name: `services.web.ports must be …`, `(root) Additional property x …`. */
function placesOf(said: string, files: readonly ParsedFile[]): readonly string[] {
  const [, parent = '', property] = /^(\S+) Additional property (\S+) is not allowed/.exec(said) ?? [];
  const [named] = /(services|networks|volumes|secrets|configs)(\.[\w.*-]+)+/.exec(said) ?? [];
  const text = property === undefined ? named : `${parent === '(root)' ? '' : `${parent}.`}${property}`;
  if (text === undefined) return [];
  const path = text.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  return files.filter((file) => file.has(path)).map((file) => file.at(path));
}

/** @param message such as `services.web.mem_limit is not allowed in a stack` */
function isForbidden(message: string): boolean {
  return Object.keys(forbiddenProperties).some((property) => message.includes(`.${property} is not`));
}
