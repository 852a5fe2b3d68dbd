/** Runs a command in this process and returns what it printed. */
export async function quietly(command: () => Promise<void>): Promise<string> {
  const write = process.stdout.write.bind(process.stdout);
  let said = '';
  process.stdout.write = ((text: string | Uint8Array) => {
    said += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  });
  try {
    await command();
  } finally {
    process.stdout.write = write;
  }
  return said;
}
