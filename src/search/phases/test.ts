/** The one look at the test part. */
import { evaluateChild, FINAL_EVALUATION, requireFiniteLoss } from '../../training/evaluate.js';
import { languageMeasures } from '../../training/language.js';
import { type SearchSession } from '../session.js';

/** Tests the retrained child on data that nothing before has seen. */
export function testRetrained({ data, emit, level, retrained, state }: SearchSession): void {
  const { child, store } = retrained!;
  const evaluation = evaluateChild(child, store, data.test, FINAL_EVALUATION);
  const { accuracy, loss, count } = requireFiniteLoss(evaluation, child.encoding, 'test');
  state.test = { accuracy, loss, count, ...(level && languageMeasures(loss, level)) };
  emit({ type: 'tested', ...state.test });
  state.phase = 'done';
}
