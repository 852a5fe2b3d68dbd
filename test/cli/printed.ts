/** Runs a command in this process and returns what it printed; what it says beside that is not shown. */
export async function textPrintedBy(command: () => Promise<void>): Promise<string> {
  const { stdout, stderr } = process;
  const write = [stdout.write.bind(stdout), stderr.write.bind(stderr)] as const;
  let said = '';
  stdout.write = (text: string | Uint8Array) => {
    said += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  };
  stderr.write = () => true;
  try {
    await command();
  } finally {
    [stdout.write, stderr.write] = write;
  }
  return said;
}
