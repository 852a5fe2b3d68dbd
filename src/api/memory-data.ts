/** Data that a program passes in memory, or as code that creates it. */
import { collectDataset, type Dataset, inMemory, type MemoryData, type OwnData } from '../data/index.js';
import { WeftError } from '../errors.js';
import { inOwnCode, type Part } from '../own-errors.js';
import { isRecord, shown } from '../parts/checked.js';

/** A checked data set, labelled examples, or a function that creates either. */
export type GivenData = Dataset | MemoryData | OwnData;

/** The data set itself, checked and hashed, or one made from labelled examples. */
export async function datasetFrom(data: GivenData): Promise<Dataset> {
  if (!('load' in data)) return checkedDataset(data);
  const part: Part = { code: 'data', what: `the data set '${data.name}'`, own: true };
  return inOwnCode(part, async () => {
    const loaded = await data.load();
    if (isRecord(loaded) && 'train' in loaded) return checkedDataset(loaded);
    throw new WeftError(
      'data',
      `${part.what} loads ${shown(loaded)}`,
      "return { train } from its load, with examples such as { input: [1, 2], label: 'a' }",
    );
  });
}

const checkedDataset = (data: Dataset | MemoryData): Dataset | Promise<Dataset> =>
  isDataset(data) ? inMemory(data) : collectDataset(data);

const isDataset = (data: Dataset | MemoryData): data is Dataset => 'images' in data.train;
