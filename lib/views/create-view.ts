import { createJsonView } from './json-view.ts';
import { createPlainView } from './plain-view.ts';
import { createPlanView } from './plan-view.ts';
import type { View, ViewOptions } from './view.ts';

/**
 * Makes the view that a run is shown with. `live` needs a terminal; its library is loaded only for it.
 * @example const view = safeView(await createView('plain', { out: process.stdout, color: false, diff: false, verbosity: 0 }), report)
 */
export async function createView(
  kind: 'live' | 'plain' | 'json' | 'plan',
  options: ViewOptions,
): Promise<View> {
  switch (kind) {
    case 'json':
      return createJsonView(options.out);
    case 'plain':
      return createPlainView(options);
    case 'plan':
      return createPlanView(options);
    case 'live': {
      const { createLiveView } = await import('./live-view.ts');
      return createLiveView(options);
    }
  }
}
