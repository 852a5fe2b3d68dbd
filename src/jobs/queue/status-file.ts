/**
 * The state of an embedded queue, as last written by its coordinator: the database itself can be opened by only one
 * process.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { type Json } from '../../operations/operation.js';
import { type JsonObject, readText, sealJson, unseal, writeFileAtomic } from '../../runs/index.js';
import { type QueueStatus } from './job-queue.js';

const count = z.int().min(0);

const statusSchema = z.object({
  queue: z.string(),
  waiting: count,
  running: count,
  completed: count,
  failed: count,
  cancelled: count,
  workers: z.array(
    z.object({
      worker: z.string(),
      key: z.string().nullable(),
      label: z.string().nullable(),
      done: z.number().optional(),
      total: z.number().optional(),
      silence: z.number(),
      version: z.string(),
    }),
  ),
  failures: z.array(z.object({ key: z.string(), label: z.string(), attempts: count, message: z.string() })),
  others: z.array(z.object({ version: z.string(), waiting: count, running: count, failed: count })),
});

const fileIn = (folder: string): string => join(folder, 'standing.json');

/** Writes it into the queue's folder. */
export function writeQueueStatus(folder: string, status: QueueStatus): void {
  const plain = JSON.parse(JSON.stringify(status)) as Json;
  writeFileAtomic(fileIn(folder), sealJson(plain as JsonObject, 2));
}

/** The last state written; undefined if there is none, or the file is something else. */
export function readQueueStatus(folder: string): QueueStatus | undefined {
  try {
    return statusSchema.parse(unseal(JSON.parse(readText(fileIn(folder))))) as QueueStatus;
  } catch {
    return undefined;
  }
}
