/** Jobs that take no time, see runners.ts for what does them. */
import { defineJob, type Job } from '../../src/jobs/index.js';

export const square = (number: number): Job =>
  defineJob({ kind: 'square', payload: { number }, label: `square ${number}` });
export const waiting = (name: string, steps: number): Job =>
  defineJob({ kind: 'wait', payload: { name, steps }, label: `wait ${name}` });
