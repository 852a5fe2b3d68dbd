/** Data that a program gives in its memory. */
import { collectDataset, type Dataset, inMemory, type MemoryData } from '../data/index.js';

/** The data set itself, checked and with a hash of its content, or one made of labelled examples. */
export async function datasetFrom(data: Dataset | MemoryData): Promise<Dataset> {
  return isDataset(data) ? inMemory(data) : collectDataset(data);
}

const isDataset = (data: Dataset | MemoryData): data is Dataset => 'images' in data.train;
