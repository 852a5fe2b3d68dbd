/** Data that a program passes in memory, or as code that creates it. */
import { collectDataset, type Dataset, inMemory, type MemoryData, type OwnData } from '../data/index.js';

/** A checked data set, labelled examples, or a function that creates either. */
export type GivenData = Dataset | MemoryData | OwnData;

/** The data set itself, checked and hashed, or one made from labelled examples. */
export async function datasetFrom(data: GivenData): Promise<Dataset> {
  if ('load' in data) return datasetFrom(await data.load());
  return isDataset(data) ? inMemory(data) : collectDataset(data);
}

const isDataset = (data: Dataset | MemoryData): data is Dataset => 'images' in data.train;
