import { DefaultRenderer, figures, type ListrTaskObject, Spinner } from 'listr2';
import type { Mark, Row } from './live-rows.ts';
import type { Paint, Tone } from './paint.ts';

interface Frames {
  /** The rows as they are now. */
  readonly rows: () => readonly Row[];
  readonly draw: (lines: readonly string[]) => void;
  /** Told what a drawing threw; there is no next one. */
  readonly onError: (error: unknown) => void;
  readonly paint: Paint;
}

/** Milliseconds. listr2's own renderer draws at every event instead, which costs more than the run itself. */
const FRAME = 100;

const SIGNS: Record<Exclude<Mark, 'running'>, readonly [Tone, string]> = {
  ok: ['green', figures.tick],
  changed: ['yellow', '~'],
  failed: ['red', figures.cross],
  unreachable: ['red', figures.cross],
  skipped: ['cyan', figures.arrowDown],
  held: ['magenta', '?'],
  waiting: ['dim', '·'],
  more: ['dim', '…'],
};

type RowTask = ListrTaskObject<unknown, typeof DefaultRenderer, typeof DefaultRenderer>;
type Parameters = ConstructorParameters<typeof DefaultRenderer>;

/**
 * A renderer class for listr2 whose tasks are the places of a screen: place n shows row n, whichever host
 * that is. It draws on its own clock, ten times a second, whatever happens in between.
 */
export function rowsRenderer(frames: Frames): typeof DefaultRenderer {
  return class RowsRenderer extends DefaultRenderer {
    // Whether there is a terminal was decided already, and not by looking at process.stdout.
    static override nonTTY = true;
    readonly #places: readonly RowTask[];
    readonly #spinning = new Spinner();
    #shown: readonly Row[] = [];
    #clock: NodeJS.Timeout | undefined;

    constructor(tasks: Parameters[0], options: Parameters[1], events: Parameters[2]) {
      super(tasks, options, events);
      this.#places = tasks;
    }

    override async render(): Promise<void> {
      // Unreferenced: a run that ends without saying so must not be kept alive by its picture.
      this.#clock = setInterval(() => {
        this.#spinning.spin();
        this.update();
      }, FRAME).unref();
    }

    override update(): void {
      try {
        this.#shown = frames.rows();
        for (const [place, task] of this.#places.entries()) task.title = this.#shown[place]?.text ?? '';
        const text = this.create();
        frames.draw(text === '' ? [] : text.split(/\r?\n/));
      } catch (error) {
        this.end();
        frames.onError(error);
      }
    }

    override end(): void {
      clearInterval(this.#clock);
    }

    protected override style(task: RowTask): string {
      const mark = this.#shown[this.#places.indexOf(task)]?.mark ?? 'waiting';
      if (mark === 'running') return frames.paint('yellow', this.#spinning.fetch());
      return frames.paint(...SIGNS[mark]);
    }

    protected override format(message: string, icon: string): string[] {
      return message === '' ? [] : [`${icon} ${message}`];
    }
  };
}
