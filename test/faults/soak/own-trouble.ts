import type { Part } from './stage.ts';
export default (async () => {}) satisfies Part;
