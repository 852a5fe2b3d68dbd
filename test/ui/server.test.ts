import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { lockRun } from '../../src/runs/index.js';
import { stopwatch } from '../../src/runs/clock.js';
import { serveUi, type Ui } from '../../src/ui/index.js';
import { createWatch } from '../../src/ui/watched.js';
import { fixture } from '../report/fixture.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { saidLater } from '../said.js';
import { startWeft } from '../search/weft.js';
import { addEvents, runWith } from './run-with-events.js';

describe('weft ui', function () {
  const folder = temporaryFolder(this);
  let ui: Ui | undefined;
  afterEach(async () => {
    await ui?.close();
    ui = undefined;
  });

  async function serve(root: string): Promise<(path: string, headers?: Record<string, string>) => Promise<Reply>> {
    ui = await serveUi(root);
    const { url } = ui;
    return (path, headers) => get(`${url}${path}`, headers);
  }

  it('refuses invalid ports', async () => {
    expect(await saidLater(serveUi(folder(), { port: 70_000 }))).to.include('port 70000: ports are whole numbers');
  });

  it('lists runs by state, newest first, and follows one live', async () => {
    const finished = await tinyRun(folder());
    const root = join(folder(), 'runs');
    const { events } = fixture();
    const half = events.findIndex(({ type }) => type === 'candidate');
    const run = runWith(root, events.slice(0, half), { name: 'a <b>&amp; name' });
    const lock = await lockRun(run);
    const page = await serve(root);
    const list = (await page('')).text;
    expect(list)
      .to.match(/class="state finished"/)
      .and.match(/class="state running"/);
    expect(list).to.include('a &#60;b&#62;&#38;amp; name').and.not.include('a <b>');
    const shown = await page(`run/${basename(run)}`);
    expect(shown.text).to.include('12 of 12').and.include('Mean reward by epoch').and.not.include('50 candidates');
    const part = await page(`run/${basename(run)}`, { 'x-weft-part': '1' });
    expect(part.text).to.not.include('<html');
    const again = { 'x-weft-part': '1', 'if-none-match': part.headers['etag'] as string };
    expect((await page(`run/${basename(run)}`, again)).status).to.equal(304);
    addEvents(run, events.slice(half));
    lock.release();
    const later = await page(`run/${basename(run)}`, again);
    expect(later.status).to.equal(200);
    expect(later.text).to.include('controller, 50 candidates').and.include('derived');
    expect((await page(`run/${basename(finished)}`)).text)
      .to.include('state finished')
      .and.include('>Report</a>');
    const both = await page(`compare?run=${basename(run)}&run=${basename(finished)}&run=nowhere`);
    expect(both.text).to.include('Differences').and.include('Not in this folder: nowhere');
    expect((await page(`run/${basename(finished)}/report.html`)).headers['content-security-policy']).to.match(
      /^sandbox allow-downloads; default-src 'none'/,
    );
  });

  it('restarts a truncated run, and names a damaged one', async () => {
    const root = join(folder(), 'runs');
    const { events } = fixture();
    const run = runWith(root, events);
    const page = await serve(root);
    expect((await page(`run/${basename(run)}`)).text).to.include('30 of 30');
    truncateSync(join(run, 'events.jsonl'), JSON.stringify(events[0]).length + 1);
    expect((await page(`run/${basename(run)}`)).text)
      .to.include('0 of 12')
      .and.not.include('30 of 30');
    appendFileSync(join(run, 'events.jsonl'), 'no event\n"text"\n');
    expect((await page(`run/${basename(run)}`)).text).to.include('2 lines of events.jsonl are not events');
    appendFileSync(join(run, 'config.yaml'), '# changed\n');
    expect((await page('')).text).to.include('was changed after the run began');
  });

  it('refuses requests without the token, with another host name, or that would change something', async () => {
    const root = join(folder(), 'runs');
    const run = basename(runWith(root, []));
    await serve(root);
    const { url } = ui!;
    const origin = new URL(url).origin;
    for (const path of [
      '/',
      `/run/${run}`,
      '/style.css',
      `/${'A'.repeat(32)}/`,
      `${new URL(url).pathname.slice(0, -2)}/`,
    ])
      expect((await get(origin + path)).status).to.equal(403);
    expect((await get(url, { host: 'example.com' })).status).to.equal(403);
    for (const path of ['//', '//x', '///', '/\\', '//:99999/', '*', 'http://example.com/'])
      expect((await get(url, {}, 'GET', path)).status, path).to.equal(403);
    expect((await get(url, {}, 'GET', 'http://[')).status).to.equal(400);
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await get(url, {}, method)).status).to.equal(405);
    expect((await get(url.slice(0, -1))).headers['location']).to.equal(new URL(url).pathname);
    const other = await serveUi(root);
    expect(new URL(other.url).pathname).to.have.length(34).and.not.equal(new URL(url).pathname);
    await other.close();
  });

  it('does not wait for a pipe, and calls the run damaged by its name', async () => {
    const root = join(folder(), 'runs');
    for (const file of ['run.lock', 'events.jsonl', 'config.yaml', 'summary.json', 'SHA256SUMS', 'manifest.json']) {
      const run = runWith(root, [], { name: file });
      rmSync(join(run, file), { force: true });
      execFileSync('mkfifo', [join(run, file)]);
    }
    const { text } = await (await serve(root))('');
    expect(text.match(/class="state \w+"/g)).to.deep.equal(Array(5).fill('class="state damaged"'));
    expect(text).to.include('SHA256SUMS leads out of the folder of runs or is not a file');
  });

  it('sends nothing from outside the folder, nor any file of a run that is not a report', async () => {
    const secret = join(folder(), 'secret');
    mkdirSync(secret);
    writeFileSync(join(secret, 'report.html'), 'hidden words');
    writeFileSync(join(secret, 'manifest.json'), 'hidden words');
    const root = join(folder(), 'runs');
    const run = runWith(root, []);
    symlinkSync(secret, join(root, '20260101-000000-link'));
    symlinkSync(join(secret, 'report.html'), join(run, 'report.html'));
    const links = runWith(root, [], { name: 'links' });
    symlinkSync(join(secret, 'manifest.json'), join(links, 'summary.json'));
    const page = await serve(root);
    const name = basename(run);
    const list = (await page('')).text;
    expect(list).to.not.include('20260101').and.not.include('hidden words');
    expect(list).to.include('summary.json leads out of the folder of runs');
    for (const path of [
      `run/${name}/report.html`,
      `run/${name}/manifest.json`,
      `run/${name}/..%2f..%2fsecret%2freport.html`,
      `run/${name}/forgetting/..%2f..%2freport.html`,
      'run/20260101-000000-link',
      'run/20260101-000000-link/report.html',
      'run/..%2fsecret',
      'run/..%2fsecret/report.html',
      'run/%00',
      'run/%ff',
      'run/__proto__',
    ]) {
      const reply = await page(path);
      expect(reply.status, path).to.equal(404);
      expect(reply.text, path).to.not.include('hidden words');
    }
    expect(readdirSync(root)).to.have.length(3);
  });

  it('keeps up with a million events in little memory', async function () {
    const root = join(folder(), 'runs');
    const run = runWith(root, []);
    const steps = 1_000_000;
    const chunk = 100_000;
    for (let from = 0; from < steps; from += chunk) {
      const lines = Array.from({ length: chunk }, (_, i) => {
        const step = from + i;
        const loss = step === 777_777 ? 99 : 1 / (1 + step);
        return `{"type":"weights-step","epoch":${Math.floor(step / 1000)},"step":${step},"loss":${loss},"architecture":"mlp~1:${step}"}\n`;
      });
      appendFileSync(join(run, 'events.jsonl'), lines.join(''));
    }
    const watch = createWatch();
    const [heap, opening] = [heapMB(), stopwatch()];
    let watched = await watch.look(root, run, 50);
    expect(watched.read).to.be.below(1); // answered before all was read
    while (watched.read < 1) watched = await watch.look(root, run, 1000);
    expect(opening.processor()).to.be.below(30);
    expect(watched.digest.events).to.equal(steps);
    const kept = watched.digest.log().all('weights-step');
    expect(kept.length).to.be.within(500, 1100);
    expect(kept.some(({ loss }) => loss === 99)).to.equal(true);
    expect(heapMB() - heap).to.be.below(10);
    addEvents(run, [{ type: 'weights-step', epoch: 1000, step: steps, loss: 0.5, architecture: 'mlp~1:new' }]);
    const idle = stopwatch();
    expect((await watch.look(root, run)).digest.log().last('weights-step')).to.include({ step: steps });
    expect(idle.processor()).to.be.below(0.5);
  });

  it('prints its address, and ends with Ctrl-C', async () => {
    const root = join(folder(), 'runs');
    runWith(root, []);
    const { process: child, finished } = startWeft(['ui', root]);
    let said = '';
    while (!said.includes('\n')) said += String((await once(child.stdout!, 'data'))[0]);
    const [, url] = /open {2}(http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/)/.exec(said)!;
    expect((await get(url!)).text).to.include('macro-cnn digits');
    child.kill('SIGINT');
    expect(await finished).to.include({ code: 0, stderr: '' });
  });
});

/** What is in use on the heap after collecting what is not, in MB. */
function heapMB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** As `fetch`, but the path is sent as it is and the host can be another. */
async function get(url: string, headers: Record<string, string> = {}, method = 'GET', path?: string): Promise<Reply> {
  const { hostname, port, origin } = new URL(url);
  const sent = request({ hostname, port, path: path ?? url.slice(origin.length), headers, method }).end();
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of reply) text += String(piece);
  return { status: reply.statusCode!, text, headers: reply.headers };
}
