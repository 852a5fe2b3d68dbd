/** `weft ui`: a page on this machine over a folder of runs. */
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
    `      shows the runs in ${folder}, and starts and stops nothing. Only this machine can open it. Ctrl-C ends it`,
  );
  await new Promise<void>((resolve) => {
    const signals = catchSignals(() => {
      signals.dispose();
      resolve();
    });
  });
  await served.close();
}
