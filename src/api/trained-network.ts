/** The trained network of a run, with the preparation of its inputs. */
import { checkConfig } from '../config/index.js';
import { type InputForm, type InputShape, recordedDecoder, whiteOf } from '../data/index.js';
import { openRun } from '../runs/index.js';
import { loadModel } from '../search/model.js';
import { type Network } from './network.js';
import { spaceOfModel, type SpaceOptions } from './recorded-run.js';

/** Opens it; the caller disposes the store. The run's space is loaded if permitted. */
export async function openTrained(directory: string, options: SpaceOptions): Promise<Network> {
  const run = openRun(directory);
  const { card, normalization, child, store } = await loadModel(run.path, () => spaceOfModel(run.path, options));
  const { columns, encoding, series } = run.manifest.facts['data'] as Pick<
    InputForm,
    'columns' | 'encoding' | 'series'
  >;
  const decoder = recordedDecoder(run.manifest.facts['data'] as object);
  const { charset, source } = checkConfig(run.config).data;
  const inputShape = card.task.inputShape as unknown as InputShape;
  return {
    path: run.path,
    card,
    normalization,
    child,
    store,
    form: { inputShape, columns, encoding, charset, series, decoder },
    white: series ? undefined : whiteOf(source, normalization),
  };
}
