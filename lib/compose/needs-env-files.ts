import { isRecord } from '../equal.ts';
import type { ComposeSource } from './compose-source.ts';
import { readComposeFile } from './parse-file.ts';

/** Whether a service of the files has an `env_file`: values that stand in none of these texts. */
export function needsEnvFiles(sources: readonly ComposeSource[]): boolean {
  return sources.some((source) => {
    const services = readComposeFile(source).parsed?.data.services;
    return (
      isRecord(services) &&
      Object.values(services).some((service) => isRecord(service) && 'env_file' in service)
    );
  });
}
