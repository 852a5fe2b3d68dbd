/** What works on this machine, what does not, and what to do about it. */
import { examineBackends } from './backends.js';
import { examineData } from './data.js';
import { examineDisk, examineGpu, examineMemory, examineNode, examineProcessors } from './machine.js';
import { type DoctorRow } from './row.js';
import { examineBuildTools } from './tools.js';

export type { DoctorRow } from './row.js';

/** Examines the machine; nothing that it finds, not even a library that crashes, makes it fail. */
export async function diagnose(): Promise<DoctorRow[]> {
  const backends = await examineBackends();
  const nativeLoads = backends.some(({ topic, status }) => /native|gpu/.test(topic) && status === 'ok');
  return [
    examineNode(),
    ...backends,
    ...(nativeLoads ? [] : await examineBuildTools()),
    await examineGpu(),
    examineProcessors(),
    examineMemory(),
    await examineDisk(),
    ...examineData(),
  ];
}
