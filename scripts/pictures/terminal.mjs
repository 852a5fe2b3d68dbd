/** A terminal just large enough for `weft`: it follows the output of a command and draws the contents of its screen. */
import { spawn } from 'node:child_process';

/**
 * Runs a command line in a pseudo-terminal of so many columns (by util-linux `script`) and resolves to its screens: the
 * first one for which each predicate holds, and the last one. A screen is a list of lines, a line a list of runs {
 * text, style }.
 */
export async function record(command, { columns = 110, cwd, env, wanted = {} } = {}) {
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 50; exec ${command}`, '/dev/null'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const screen = createScreen();
  const screens = {};
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    screen.write(chunk);
    const text = screen.text();
    for (const [name, holds] of Object.entries(wanted))
      if (!screens[name] && holds(text)) screens[name] = screen.lines();
  });
  const code = await new Promise((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${screen.text()}`);
  return { ...screens, last: screen.lines() };
}

const STYLES = { 1: 'strong', 2: 'dim', 33: 'warn', 36: 'accent' };

/** Understands line ends, cursor up, erasing downwards, and the styles above: all that `weft` sends. */
function createScreen() {
  let lines = [[]];
  let row = 0;
  let style = '';
  let rest = '';
  return {
    write(chunk) {
      const input = rest + chunk;
      let used = 0;
      for (const [token, count, letter, plain] of input.matchAll(/\x1b\[([\d;]*)([A-Za-z])|([^\x1b\r\n]+)|[\r\n]/g)) {
        used += token.length;
        if (plain !== undefined) lines[row].push({ text: plain, style });
        else if (token === '\n') lines[++row] ??= [];
        else if (letter === 'A') row = Math.max(0, row - Number(count || 1));
        else if (letter === 'J') lines = [...lines.slice(0, row), []];
        else if (letter === 'm') style = STYLES[count] ?? '';
      }
      rest = input.slice(used); // an escape sequence that has only come in part
    },
    lines: () => structuredClone(lines).filter((line, i, all) => line.length > 0 || i < all.length - 1),
    text: () => lines.map((line) => line.map(({ text }) => text).join('')).join('\n'),
  };
}

const CELL = { width: 8.4, height: 19 };
const MARGIN = 18;
const BAR = 34;
const COLORS = { '': '#d7dce2', strong: '#ffffff', dim: '#8b949e', warn: '#e3b341', accent: '#56d4dd' };

/** The screen as an SVG picture of a terminal window in which `command` was typed. */
export function drawTerminal(lines, command, { columns = 110 } = {}) {
  const all = [
    [
      { text: '$ ', style: 'dim' },
      { text: command, style: 'strong' },
    ],
    ...lines.flatMap((line) => wrap(line, columns)),
  ];
  const width = Math.round(columns * CELL.width + 2 * MARGIN);
  const height = BAR + all.length * CELL.height + MARGIN;
  const rows = all.map((line, row) => {
    let column = 0;
    return line
      .map(({ text, style }) => {
        const x = (MARGIN + column * CELL.width).toFixed(1);
        column += [...text].length;
        const length = ([...text].length * CELL.width).toFixed(1);
        return `<text x="${x}" y="${BAR + (row + 0.8) * CELL.height}" fill="${COLORS[style]}"${style === 'strong' ? ' font-weight="600"' : ''} textLength="${length}">${escapeXml(text).replaceAll(' ', '\u00a0')}</text>`;
      })
      .join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(command)}</title>
<rect width="${width}" height="${height}" rx="10" fill="#14181d"/>
${['#ff5f57', '#febc2e', '#28c840'].map((fill, i) => `<circle cx="${20 + 20 * i}" cy="18" r="6" fill="${fill}"/>`).join('')}
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">
${rows.filter(Boolean).join('\n')}
</g>
</svg>
`;
}

/** A line in pieces of at most `columns` characters, as a terminal shows it. */
function wrap(line, columns) {
  const rows = [[]];
  let room = columns;
  for (const { text, style } of line) {
    for (let rest = [...text]; rest.length > 0;) {
      if (room === 0) [room] = [columns, rows.push([])];
      const piece = rest.splice(0, room);
      rows.at(-1).push({ text: piece.join(''), style });
      room -= piece.length;
    }
  }
  return rows;
}

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
