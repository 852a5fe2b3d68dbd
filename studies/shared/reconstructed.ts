import { optimizers } from 'weft-nas';

/** An optimizer's name for a table: it says where the method is a reconstruction, not its authors' algorithm. */
export function nameInTable(name: string): string {
  const reference = optimizers.OPTIMIZERS.find((one) => one.name === name)?.reference ?? '';
  return reference.startsWith('reconstructed') ? `${name} (reconstructed)` : name;
}
