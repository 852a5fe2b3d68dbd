/** The single evaluation on the test part. */
import { evaluateChild, FINAL_EVALUATION, requireFiniteLoss } from '../../training/evaluate.js';
import { languageMeasures } from '../../training/language.js';
import { logitsOfChild, predictValues } from '../../training/predict.js';
import { temperatureOf, withTemperature } from '../../training/temperature.js';
import { assess } from '../assess.js';
import { isCalibrated } from '../kept-epoch.js';
import { assessFlags } from '../assess-multi-label.js';
import { labelMeasures } from '../label-measures.js';
import { assessValues } from '../assess-values.js';
import { worstMistakes } from '../mistakes.js';
import { type SearchSession } from '../session.js';

/** Tests the retrained child on data that was not used before. */
export function testRetrained(session: SearchSession): void {
  const { config, data, emit, level, retrained, space, state } = session;
  const { child, store } = retrained!;
  const temperature = calibrate(session);
  const evaluation = evaluateChild(withTemperature(child, temperature), store, data.test, FINAL_EVALUATION);
  const { accuracy, loss, count } = requireFiniteLoss(evaluation, child.encoding, 'test');
  const values = data.plainValues?.();
  const assessment =
    values && assessValues(predictValues(child, store, data.test, values.scaling.names.length), values, config.seed);
  const flags =
    space.task.kind === 'multi-label' ? predictValues(child, store, data.test, space.task.classes) : undefined;
  const labelled = flags && labelMeasures(flags, space.task.classes);
  state.test = {
    ...(accuracy !== null && { accuracy }),
    loss,
    count,
    ...(level && languageMeasures(loss, level)),
    ...(labelled && { labels: labelled }),
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
  const plain = flags && data.plainFlags?.();
  if (plain) {
    const assessed = assessFlags(flags, plain, config.seed);
    state.assessment = assessed;
    emit({ type: 'assessed-labels', ...assessed });
  }
  const examples = data.plainExamples?.();
  if (examples) {
    const predicted = logitsOfChild(child, store, data.test, examples.classNames.length);
    const assessed = assess(predicted, examples, { seed: config.seed, temperature });
    state.assessment = assessed;
    emit({ type: 'assessed', ...assessed });
    if (data.testPicture)
      emit({
        type: 'mistakes',
        examples: worstMistakes(predicted, examples.classNames, { temperature, pictureOf: data.testPicture }),
      });
  }
  state.phase = 'done';
}

/** Fits the temperature of a classifier, if the validation part was held out from its training. */
function calibrate({ config, data, retrained, space, state }: SearchSession): number | undefined {
  const { kind, classes } = space.task;
  if (kind === undefined || kind === 'classification')
    if (isCalibrated(config.retrain)) {
      const { child, store } = retrained!;
      state.temperature = temperatureOf(child, store, data.validation, classes);
    }
  return state.temperature;
}
