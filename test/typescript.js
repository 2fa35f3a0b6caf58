// Lets Node load the TypeScript of the tests and of what they test, and has them searched for canaries: `--import` of each
// test's process (.taprc).
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
await import('./canary/preload.ts');
