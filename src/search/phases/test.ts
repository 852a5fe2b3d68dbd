/** The one look at the test part. */
import { evaluateChild, FINAL_EVALUATION, requireFiniteLoss } from '../../training/evaluate.js';
import { languageMeasures } from '../../training/language.js';
import { predictChild, predictValues } from '../../training/predict.js';
import { assess } from '../assess.js';
import { assessValues } from '../assess-values.js';
import { type SearchSession } from '../session.js';

/** Tests the retrained child on data that nothing before has seen. */
export function testRetrained({ config, data, emit, level, retrained, state }: SearchSession): void {
  const { child, store } = retrained!;
  const evaluation = evaluateChild(child, store, data.test, FINAL_EVALUATION);
  const { accuracy, loss, count } = requireFiniteLoss(evaluation, child.encoding, 'test');
  const values = data.plainValues?.();
  const assessment =
    values && assessValues(predictValues(child, store, data.test, values.scaling.names.length), values, config.seed);
  state.test = {
    ...(accuracy !== null && { accuracy }),
    loss,
    count,
    ...(level && languageMeasures(loss, level)),
    ...(assessment && {
      targets: assessment.targets.map(({ name, rmse, mae, r2 }) => ({
        name,
        rmse: rmse.value,
        mae: mae.value,
        ...(r2 && { r2: r2.value }),
      })),
    }),
  };
  emit({ type: 'tested', ...state.test });
  if (assessment) {
    state.assessment = assessment;
    emit({ type: 'assessed-values', ...assessment });
  }
  const examples = data.plainExamples?.();
  if (examples) {
    const predicted = predictChild(child, store, data.test, examples.classNames.length);
    const assessed = assess(predicted, examples, config.seed);
    state.assessment = assessed;
    emit({ type: 'assessed', ...assessed });
  }
  state.phase = 'done';
}
