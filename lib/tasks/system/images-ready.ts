import { codeOf, type DabookError } from '../../errors.ts';
import { type Ask, type Fact, fact } from '../../fact.ts';

export interface ImagesReadyArgs {
  /** As a compose file names them: `registry.example.com/da/policy-service:6.0.5`. */
  readonly images: readonly string[];
  /** Whether the host may get those that it has not; then its engine asks their registries. */
  readonly pull: boolean;
}

/**
 * - `present`: on the host
 * - `pullable`: its registry gives it to this host
 * - `missing`: neither, and why; `denied` when it may be given to who has credentials, which are not asked with;
 *   `isAbsent` when the registry itself says that it has none
 */
export type ImageState =
  | 'present'
  | 'pullable'
  | { readonly missing: string; readonly denied?: true; readonly isAbsent?: true };

/**
 * Whether a host has images, or could get them. Nothing is pulled.
 * @example const states = await host.read(imagesReady({ images: ['nginx:1.27'], pull: true }))
 */
export function imagesReady({ images, pull }: ImagesReadyArgs): Fact<Readonly<Record<string, ImageState>>> {
  return fact({
    key: ['images ready', pull, ...images],
    read: async (ask) => {
      const names = [...new Set(images)];
      const local = await Promise.all(names.map((image) => isPresent(ask, image)));
      const states = new Map<string, ImageState>();
      // A registry that does not answer is not waited for again.
      const lost = new Map<string, ImageState>();
      for (const [index, image] of names.entries()) {
        const registry = registryOf(image);
        const known = local[index] ?? lost.get(registry);
        const state = known ?? (pull ? await atRegistry(ask, image) : { missing: 'not on this host' });
        states.set(image, state);
        const isLost = known === undefined && pull && typeof state === 'object' && isUnanswered(state);
        if (isLost) lost.set(registry, state);
      }
      return Object.fromEntries(states);
    },
  });
}

const unanswered = 'its registry does not answer: ';

function isUnanswered(state: Exclude<ImageState, string>): boolean {
  return state.missing.startsWith(unanswered);
}

async function isPresent(ask: Ask, image: string): Promise<ImageState | undefined> {
  // An empty part would have the Engine lead to another path: http://… is such a name.
  if (/^$|\/\/|\s/.test(image)) return { missing: 'this is no name of an image' };
  try {
    return (await ask.docker(`/images/${pathOf(image)}/json`)) === undefined ? undefined : 'present';
  } catch (error) {
    if (statusOf(error) === 400) return { missing: `this is no name of an image: ${saidBy(error)}` };
    throw error;
  }
}

async function atRegistry(ask: Ask, image: string): Promise<ImageState> {
  try {
    const found = await ask.docker(`/distribution/${pathOf(image)}/json`);
    return found === undefined ? { missing: 'its registry has no such image', isAbsent: true } : 'pullable';
  } catch (error) {
    const status = statusOf(error);
    // The Engine, which waits for the registry, did not say anything for too long.
    if (status === undefined && codeOf(error) === 'command')
      return { missing: `${unanswered}${(error as DabookError).message}` };
    if (status === undefined) throw error;
    const said = saidBy(error);
    if (status === 401 || status === 403 || /denied|unauthorized/i.test(said)) {
      return {
        missing: `its registry denies it to who has no credentials, or has no such image: ${said}`,
        denied: true,
      };
    }
    if (/manifest unknown|not found/i.test(said))
      return { missing: `its registry has no such image: ${said}`, isAbsent: true };
    return { missing: `${unanswered}${said}` };
  }
}

/** `registry.example.com:5000` of an image; Docker Hub where it names none. */
function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}

function pathOf(image: string): string {
  return image.split('/').map(encodeURIComponent).join('/');
}

/** The HTTP status of the Engine's answer; none when it gave none. */
function statusOf(error: unknown): number | undefined {
  return codeOf(error) === 'command' ? (error as DabookError).command?.status : undefined;
}

function saidBy(error: unknown): string {
  const { command, message } = error as DabookError;
  return command?.stderr || message;
}
