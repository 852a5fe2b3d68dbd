/**
 * Converts architectures to genotypes and back. A tree of choices is compiled to closures once, because searches of
 * benchmark tables do this thousands of times per second.
 */
import { WeftError } from '../errors.js';
import { type Architecture, type Choice, type ChoiceTree, isChoice, isOneOf, isSubset } from './choice.js';
import { type Genotype } from './slots.js';

export interface Genotypes {
  /** The genotype of an architecture; throws WeftError('architecture') naming the first leaf that does not fit. */
  read(architecture: unknown): number[];
  /** The architecture with this genotype: the inverse of `read`. */
  build(genotype: Genotype): Architecture;
}

/** Appends the slots of a value. */
type Reader = (value: unknown, slots: number[]) => void;
/** The value at the slots from `offset` on. */
type Builder = (genotype: Genotype, offset: number) => Architecture;

interface Compiled {
  readonly read: Reader;
  readonly build: Builder;
  /** Number of slots. */
  readonly length: number;
}

/** The conversions for the architectures of this tree. */
export function genotypesOf(tree: ChoiceTree): Genotypes {
  const { read, build } = compile(tree, '');
  return {
    read(architecture) {
      const slots: number[] = [];
      read(architecture, slots);
      return slots;
    },
    build: (genotype) => build(genotype, 0),
  };
}

function compile(node: ChoiceTree, path: string): Compiled {
  if (isChoice(node)) return compileLeaf(node, path);
  let length = 0;
  const children = Object.entries<ChoiceTree>(node).map(([name, child]) => {
    const compiled = compile(child, path === '' ? name : `${path}.${name}`);
    const offset = length;
    length += compiled.length;
    return { name, offset, ...compiled };
  });
  return { length, ...(Array.isArray(node) ? listOf(children, path) : recordOf(children, path)) };
}

interface Child extends Compiled {
  readonly name: string;
  readonly offset: number;
}

function listOf(children: readonly Child[], path: string): Pick<Compiled, 'read' | 'build'> {
  return {
    read(value, slots) {
      if (!Array.isArray(value) || value.length !== children.length)
        throw misfit(path, value, `a list of ${children.length}`);
      for (let i = 0; i < children.length; i++) children[i]!.read(value[i], slots);
    },
    build: (genotype, offset) => children.map((child) => child.build(genotype, offset + child.offset)),
  };
}

function recordOf(children: readonly Child[], path: string): Pick<Compiled, 'read' | 'build'> {
  return {
    read(value, slots) {
      const fits =
        typeof value === 'object' &&
        value !== null &&
        Object.keys(value).length === children.length &&
        children.every(({ name }) => Object.hasOwn(value, name));
      if (!fits) throw misfit(path, value, `an object with the fields ${children.map(({ name }) => name).join(', ')}`);
      for (const { name, read } of children) read((value as Record<string, unknown>)[name], slots);
    },
    build(genotype, offset) {
      const record: Record<string, Architecture> = {};
      for (const child of children) record[child.name] = child.build(genotype, offset + child.offset);
      return record;
    },
  };
}

function compileLeaf(choice: Choice, path: string): Compiled {
  if (isOneOf(choice)) {
    const { options } = choice;
    return {
      length: 1,
      read(value, slots) {
        const index = (options as readonly unknown[]).indexOf(value);
        if (index < 0) throw misfit(path, value, `one of ${options.join(', ')}`);
        slots.push(index);
      },
      build: (genotype, offset) => options[genotype[offset]!]!,
    };
  }
  const { count } = choice;
  if (isSubset(choice)) {
    return {
      length: count,
      read(value, slots) {
        if (!Array.isArray(value) || value.length !== count || value.some((flag) => typeof flag !== 'boolean'))
          throw misfit(path, value, `${count} flags`);
        for (const flag of value as boolean[]) slots.push(Number(flag));
      },
      build: (genotype, offset) => Array.from({ length: count }, (_, i) => genotype[offset + i] === 1),
    };
  }
  return {
    length: 1,
    read(value, slots) {
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= count)
        throw misfit(path, value, `a node index below ${count}`);
      slots.push(value as number);
    },
    build: (genotype, offset) => genotype[offset]!,
  };
}

function misfit(path: string, value: unknown, wanted: string): WeftError {
  return new WeftError(
    'architecture',
    `the architecture does not fit the space at '${path || 'its root'}': ${JSON.stringify(value) ?? 'nothing'} is not ${wanted}`,
  );
}
