/** The rule by which it is decided how a computation that repeats is run. */

/**
 * How far computations that repeat are compiled: not at all, to replays only, to sessions as soon as possible, or also
 * to one function for all children of a supernet; by default (`auto`) as far as it saves time.
 */
export type CompileMode = 'auto' | 'off' | 'replay' | 'session' | 'graph';

/** A way to run a computation other than as it is. */
export type Way = 'replay' | 'session' | 'graph' | 'fisherGraph';

/** Number of runs from which each way saves time, as measured. */
const PAYS_FROM: Readonly<Record<Way, number>> = {
  /** Each of the two recordings costs about one more run. */
  replay: 6,
  /** Making a session and running it for the first time takes 50 to 400 ms. */
  session: 64,
  /** Making the function of a supernet and running it for the first time takes as long as about 100 steps. */
  graph: 250,
  /** Making that of Fisher information takes as long as about 30 estimates. */
  fisherGraph: 60,
};

/** Number of operations from which a session pays off: calling one costs as much as a few of them. */
const FEWEST_OPERATIONS = 4;

/** The furthest way that each mode allows. */
const FURTHEST = { replay: 1, session: 2, graph: 3, auto: 3 } as const;
const RANK: Readonly<Record<Way, number>> = { replay: 1, session: 2, graph: 3, fisherGraph: 3 };

export interface Repetition {
  /** Number of runs of the same computation, past and expected. */
  readonly runs: number;
  readonly mode?: CompileMode | undefined;
  /** Number of operations, if it is known. */
  readonly operations?: number | undefined;
  /** Sessions take their inputs from main memory: on a GPU they would be copied back and forth. */
  readonly isOnGpu?: boolean | undefined;
}

/** Whether to run the computation in this way. */
export function pays(
  way: Way,
  { runs, mode = 'auto', operations = FEWEST_OPERATIONS, isOnGpu = false }: Repetition,
): boolean {
  if (mode === 'off' || RANK[way] > FURTHEST[mode]) return false;
  const saves = runs >= PAYS_FROM[way];
  if (way === 'replay') return saves;
  return mode === 'auto' ? saves && !isOnGpu && operations >= FEWEST_OPERATIONS : operations > 0;
}
