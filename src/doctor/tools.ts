/** What `weft setup` needs to make the native backend where its own download is refused. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type DoctorRow } from './row.js';

const execute = promisify(execFile);

/** What the command prints, or undefined when it does not run. */
export function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  return execute(command, [...args], { timeout: 20_000 }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

export async function examineBuildTools(): Promise<DoctorRow[]> {
  const compilers = [process.env['CXX'], 'c++', 'g++', 'clang++'].filter((name) => name !== undefined);
  return [
    await tool('compiler', compilers, ['--version'], 'a C++ compiler', 'install g++ or clang++'),
    await tool(
      'python',
      ['python3', 'python'],
      ['-m', 'pip', '--version'],
      'Python 3 with pip',
      'install Python 3 and its pip',
    ),
  ];
}

async function tool(
  topic: string,
  commands: readonly string[],
  args: readonly string[],
  what: string,
  remedy: string,
): Promise<DoctorRow> {
  for (const command of commands) {
    const output = await outputOf(command, args);
    if (output !== undefined) return { topic, status: 'ok', detail: output.split('\n')[0]! };
  }
  return {
    topic,
    status: 'missing',
    detail: `no ${what}: \`weft setup\` needs it to build the native backend`,
    remedy: `${remedy}, then run \`weft setup\``,
  };
}
