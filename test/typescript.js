// Lets Node load the TypeScript of the tests and of what they test: `--import` of each test's process (.taprc).
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
