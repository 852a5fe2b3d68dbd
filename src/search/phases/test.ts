/** The one look at the test part. */
import { evaluateChild, FINAL_EVALUATION, requireFiniteLoss } from '../../training/evaluate.js';
import { languageMeasures } from '../../training/language.js';
import { predictChild } from '../../training/predict.js';
import { assess } from '../assess.js';
import { type SearchSession } from '../session.js';

/** Tests the retrained child on data that nothing before has seen. */
export function testRetrained({ config, data, emit, level, retrained, state }: SearchSession): void {
  const { child, store } = retrained!;
  const evaluation = evaluateChild(child, store, data.test, FINAL_EVALUATION);
  const { accuracy, loss, count } = requireFiniteLoss(evaluation, child.encoding, 'test');
  state.test = { accuracy, loss, count, ...(level && languageMeasures(loss, level)) };
  emit({ type: 'tested', ...state.test });
  const examples = data.plainExamples?.();
  if (examples) {
    const predicted = predictChild(child, store, data.test, examples.classNames.length);
    state.assessment = assess(predicted, examples, config.seed);
    emit({ type: 'assessed', ...state.assessment });
  }
  state.phase = 'done';
}
