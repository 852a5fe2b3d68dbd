/** `weft ui`: serves a page over a folder of runs on this machine. */
import { spaceToDraw } from '../../api/drawn-space.js';
import { catchSignals } from '../../runs/index.js';
import { serveUi } from '../../ui/index.js';
import { createOutput } from '../output.js';

/** Serves until Ctrl-C. */
export async function ui(folder: string, options: { port?: number; json?: boolean }): Promise<void> {
  const output = createOutput(options);
  const served = await serveUi(folder, {
    spaceOf: spaceToDraw,
    ...(options.port !== undefined && { port: options.port }),
  });
  output.emit({ type: 'ui', url: served.url });
  output.say(`open  ${served.url}`);
  output.say(
    `      shows the runs in ${folder}; it only reads. Only programs on this machine can open it. Press Ctrl-C to end it`,
  );
  await new Promise<void>((resolve) => {
    const signals = catchSignals(() => {
      signals.dispose();
      resolve();
    });
  });
  await served.close();
}
