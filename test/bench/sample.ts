/** What one run of a tool took. What a case cannot measure is missing. */
export interface Sample {
  /** Wall time. */
  readonly seconds: number;
  /** Processor time (user and system) of the tool and all processes that it started on the controller. */
  readonly cpu?: number | undefined;
  /** MB of the largest process at its peak (resident). */
  readonly largest?: number | undefined;
  /** MB of all its processes at their peak (proportional: a page that several share counts once). */
  readonly memory?: number | undefined;
  /** Round trips of the host that needed the most, as the proxy counted. */
  readonly roundTrips?: number | undefined;
  /** Bytes both ways, of all hosts, as the proxy counted. */
  readonly bytes?: number | undefined;
  /** Connections that were opened to the hosts. */
  readonly connections?: number | undefined;
}
