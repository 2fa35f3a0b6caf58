import { readFileSync } from 'node:fs';

/** The version in dabook's package.json, whether dabook runs bundled or from its source. */
export function version(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const text = readFileSync(new URL(up, import.meta.url), 'utf8');
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {
      // Not at this depth.
    }
  }
  return 'unknown';
}
