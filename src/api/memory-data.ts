/** Data that a program gives in its memory, or as code that makes it. */
import { collectDataset, type Dataset, inMemory, type MemoryData, type OwnData } from '../data/index.js';

/** A checked data set, labelled examples, or what makes either. */
export type GivenData = Dataset | MemoryData | OwnData;

/** The data set itself, checked and with a hash of its content, or one made of labelled examples. */
export async function datasetFrom(data: GivenData): Promise<Dataset> {
  if ('load' in data) return datasetFrom(await data.load());
  return isDataset(data) ? inMemory(data) : collectDataset(data);
}

const isDataset = (data: Dataset | MemoryData): data is Dataset => 'images' in data.train;
