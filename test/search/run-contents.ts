/** What a finished run says: all that two runs of the same seed share to the byte. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function runContents(run: string): Record<string, unknown> {
  const {
    elapsedSeconds: _elapsed,
    peakMemoryMB: _peak,
    compiled: _compiled,
    ...summary
  } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Record<string, unknown>;
  return {
    summary,
    events: readFileSync(join(run, 'events.jsonl'), 'utf8'),
    card: readFileSync(join(run, 'model.json'), 'utf8'),
    weights: readFileSync(join(run, 'model.safetensors')).toString('base64'),
  };
}
