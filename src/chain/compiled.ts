/** Compiles the steps of a chain if they repeat: results and numbers identical to the chain's own, to the bit. */
import { keepNamed, type NamedTensors, underPrefix, withPrefix } from '../tensor/named.js';
import { compiler, eagerHost, type CompileOptions, type Compiler, type Host } from '../tensor/plan/index.js';
import { type Scalar } from '../tensor/tf.js';
import { type Trainer, type TrainerStep } from './chain.js';
import { type Evaluate, type StepContext } from './loss.js';
import { type StepMoment } from './moment.js';
import { type OptimizerState } from './state.js';
import { readStep, skippedStep } from './step-numbers.js';
import { LOSS, MEASURED, SkippedStep, type TracedStep } from './trace-step.js';

/** The loss of a batch for the chain, and what else the training reads from its first evaluation. */
export interface DeclaredLoss {
  readonly evaluate: Evaluate;
  readonly context: Omit<StepContext, 'step'>;
  /** Further results, read after the step. The caller owns them. */
  extra?(): NamedTensors;
}

export interface ChainStep {
  /** The loss; it takes everything that changes from step to step from the host. */
  readonly lossFor: (host: Host<StepMoment>) => DeclaredLoss;
  readonly parameters: NamedTensors;
  readonly state: OptimizerState;
  /** Global step of the training, from 0. */
  readonly step: number;
  readonly seed?: number | string | undefined;
  /** Factor of a `stepRate` link, if the chain has one, for the update of this step; 1 by default. */
  readonly rate?: number | undefined;
  /** Everything else that the loss reads: the batch, statistics, states. Borrowed. */
  readonly inputs: NamedTensors;
  /** Identifies the function: the network, and how it is run. */
  readonly key: string;
  /** How many more steps of this kind will run, if known. */
  readonly due?: number | undefined;
  /** Whether a parameter is frozen in this step. */
  readonly isAtRest: (parameter: string) => boolean;
}

type Fixed = Pick<TracedStep, 'changes' | 'reported' | 'gradientEvaluations' | 'notes'>;

export interface CompiledTrainer {
  /** One step, with further results of the loss as `extra`. */
  step(step: ChainStep): TrainerStep & { readonly extra: NamedTensors };
  readonly runs: Compiler<StepMoment, Fixed>['runs'];
  dispose(): void;
}

/** A trainer whose steps are compiled. */
export function compiledTrainer(trainer: Trainer, options: CompileOptions = {}): CompiledTrainer {
  const compiled = compiler<StepMoment, Fixed>(options);
  return {
    runs: compiled.runs,
    dispose: compiled.dispose,
    step({ lossFor, parameters, state, step, seed, rate, inputs, key, due, isAtRest }) {
      const moment: StepMoment = { step, seed, rate, counts: state.counts };
      const traced = (host: Host<StepMoment>): { outputs: NamedTensors; fixed: Fixed } => {
        const { evaluate, context, extra } = lossFor(host);
        const result = trainer.trace(evaluate, parameters, state, { ...context, step }, host);
        const { changes, reported, gradientEvaluations, notes } = result;
        return {
          outputs: {
            ...withPrefix(PARAMETER, result.parameters),
            ...withPrefix(STATE, result.state),
            ...withPrefix(MEASURED, result.measured),
            ...withPrefix(EXTRA, extra?.() ?? {}),
            [LOSS]: result.loss,
          },
          fixed: { changes, reported, gradientEvaluations, notes },
        };
      };
      try {
        const { outputs, fixed } = compiled.isWorthwhile({ key, ...(due !== undefined && { due }) })
          ? compiled.run(
              (_, host) => traced(host),
              {
                ...withPrefix(PARAMETER, parameters),
                ...withPrefix(STATE, activeState(state.tensors, isAtRest)),
                ...inputs,
              },
              moment,
              { key, ...(due !== undefined && { due }) },
            )
          : traced(eagerHost(moment));
        return {
          ...readStep(
            {
              ...fixed,
              parameters: underPrefix(PARAMETER, outputs),
              state: keepNamed(underPrefix(STATE, outputs)),
              measured: underPrefix(MEASURED, outputs),
              loss: outputs[LOSS] as Scalar,
            },
            state,
            moment,
            trainer,
          ),
          extra: underPrefix(EXTRA, outputs),
        };
      } catch (error) {
        if (!(error instanceof SkippedStep)) throw error;
        return { ...skippedStep(error, state, moment, trainer), extra: {} };
      }
    },
  };
}

const PARAMETER = 'parameter/';
const STATE = 'state/';
const EXTRA = 'extra/';

/** The slots of parameters that are not frozen. */
function activeState(tensors: NamedTensors, isAtRest: (parameter: string) => boolean): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).filter(([key]) => !isAtRest(key.slice(key.indexOf('/', key.indexOf('/') + 1) + 1))),
  );
}
