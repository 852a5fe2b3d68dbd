// A chapter of your own for the report of a run.
// Try it:  weft report RUN --chapter ./my-chapter.ts
import { defineChapter } from 'weft-nas';

export default defineChapter({
  name: 'my-chapter',
  title: 'The first and the last epoch',

  // Called with the record of a run, finished or not; return undefined to omit the chapter. Texts are escaped; the SVG
  // of a picture is inserted unchanged.
  content({ events }) {
    const losses = events.flatMap((event) => (event.type === 'weights-epoch' ? [event.loss] : []));
    if (losses.length < 2) return undefined;
    const [first = NaN, last = NaN] = [losses[0], losses.at(-1)];
    return {
      text: [`The mean loss of the shared weights was ${first.toFixed(3)}, and ${last.toFixed(3)} in the end.`],
      tables: [
        {
          name: 'losses',
          title: 'Loss by epoch',
          columns: ['epoch', 'loss'],
          rows: losses.map((loss, epoch) => [epoch + 1, loss]),
        },
      ],
    };
  },
});
