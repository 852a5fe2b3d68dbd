/** Which data sets are available. */
import { datasetNames, findDataset, type Surroundings } from '../data/index.js';
import { type DoctorRow } from './row.js';

/** A row for each data set that has a name. */
export function examineData(surroundings: Surroundings = {}): DoctorRow[] {
  return datasetNames.map((name) => {
    const topic = `data ${name}`;
    if (name === 'digits') return { topic, status: 'ok', detail: 'embedded' };
    const { folder, looked } = findDataset(name, {}, surroundings);
    if (folder) return { topic, status: 'ok', detail: folder };
    return {
      topic,
      status: 'missing',
      detail: `not in ${looked.join(', ')}`,
      remedy: 'put its files into one of these folders, or set WEFT_DATA to their folder',
    };
  });
}
