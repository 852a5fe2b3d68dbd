/** The candidates of a run as a study of Optuna, in the lines of its `JournalFileBackend`. */
import { decoded } from '../report/decoded.js';
import { eventLog, type EventOf } from '../report/event-log.js';
import { isNumber } from '../report/format.js';
import { type ReportInput } from '../report/index.js';
import { measureOf } from '../report/measure.js';
import { type SearchSpace } from '../graph/define-space.js';
import { isOneOf, isSubset } from '../space/choice.js';
import { type Decision } from '../space/slots.js';

/** Operations of the journal, numbers of optuna.storages.journal._storage.JournalOperation. */
const [CREATE_STUDY, SET_STUDY_ATTRIBUTE, CREATE_TRIAL] = [0, 2, 4];
const [COMPLETE, FAIL] = [1, 3];
const [MINIMIZE, MAXIMIZE] = [1, 2];

export interface OptunaOptions {
  readonly study: string;
  /** When the run began: its events carry no time. */
  readonly began: Date;
  readonly space: SearchSpace;
}

/**
 * One trial for each candidate of the final choice, in the order of their evaluation: its decisions as parameters, its
 * accuracy with shared weights as value (of language models its loss), and how it came about as attributes.
 */
export function optunaJournal(input: ReportInput, { study, began, space }: OptunaOptions): string {
  const log = eventLog(input.events);
  const { field, name, sign } = measureOf(log);
  const worker = { worker_id: `weft-${study}` };
  const time = began.toISOString().replace('Z', '000+00:00');
  const slots = slotsOf(space.decisions);
  const distributions = Object.fromEntries(slots.map(({ name, choices }) => [name, categorical(choices)]));
  const trial = (candidate: EventOf<'candidate'>): object => {
    const architecture = decoded(space, candidate.architecture);
    const genotype = architecture === undefined ? [] : space.genotype(architecture);
    const value = candidate[field];
    const known = genotype.length === slots.length;
    return {
      op_code: CREATE_TRIAL,
      ...worker,
      study_id: 0,
      datetime_start: time,
      state: isNumber(value) ? COMPLETE : FAIL,
      value: isNumber(value) ? value : null,
      values: null,
      datetime_complete: time,
      distributions: known ? distributions : {},
      params: known ? Object.fromEntries(slots.map(({ name }, i) => [name, genotype[i]!])) : {},
      user_attrs: {
        architecture: candidate.architecture,
        hash: candidate.hash,
        source: candidate.source,
        accuracy: candidate.accuracy,
        loss: candidate.loss,
        ...(candidate.score !== undefined && { score: candidate.score }),
      },
      system_attrs: {},
      intermediate_values: {},
    };
  };
  const attributes = {
    weft: lookUpVersion(input),
    measure: `${name} with shared weights`,
    ...(log.last('derived') && { derived: log.last('derived')!.architecture }),
    ...(log.last('tested') && { test: log.last('tested')! }),
  };
  const lines: object[] = [
    {
      op_code: CREATE_STUDY,
      ...worker,
      study_name: study,
      directions: [sign > 0 ? MAXIMIZE : MINIMIZE],
    },
    ...Object.entries(attributes).map(([name, value]) => ({
      op_code: SET_STUDY_ATTRIBUTE,
      ...worker,
      study_id: 0,
      user_attr: { [name]: value },
    })),
    ...log.all('candidate').map(trial),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

interface Slot {
  readonly name: string;
  readonly choices: readonly (string | number | boolean)[];
}

/**
 * A parameter for each slot of a genotype, whose value is the place among its choices: Optuna's own inner form of a
 * category.
 */
function slotsOf(decisions: readonly Decision[]): Slot[] {
  return decisions.flatMap(({ path, choice, length, cardinality }): Slot[] => {
    if (isOneOf(choice)) return [{ name: path, choices: choice.options }];
    if (isSubset(choice)) return Array.from({ length }, (_, i) => ({ name: `${path}.${i}`, choices: [false, true] }));
    return [{ name: path, choices: Array.from({ length: cardinality }, (_, i) => i) }];
  });
}

const categorical = (choices: Slot['choices']): string =>
  JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices } });

const lookUpVersion = ({ manifest }: ReportInput): string => {
  const { environment } = manifest as { environment?: { weft?: unknown } };
  return String(environment?.weft ?? '');
};
