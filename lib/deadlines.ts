/** How long things may take, in seconds. What connects, logs in and becomes root has limits of its own. */
export interface Deadlines {
  /** The whole run: no new step is begun after it. None by default. */
  readonly run?: number | undefined;
  /** What `run` counts from, by `performance.now()`, where something came before it; its own beginning by default. */
  readonly since?: number | undefined;
  /** One step, unless it is detached. An hour by default. */
  readonly step?: number | undefined;
  /** A step that says nothing, and takes nothing of what it is sent, for so long. None by default. */
  readonly idle?: number | undefined;
}

/** Seconds that one step may take by default. */
export const stepDeadline = 3600;
/** Seconds that a command that only reads may take. */
export const readDeadline = 300;
/** Seconds that a call of the Docker Engine that only reads may take. */
export const callDeadline = 60;
/** Seconds that steps which are under way may go on once the run has taken too long. */
export const lastSteps = 30;
