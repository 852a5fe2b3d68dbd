/**
 * A network has many small tensors (biases, normalization), and calling a kernel on each costs far more than its arithmetic. So
 * the tensors that an optimizer treats alike are joined before it and parted after it, state included. Results are the same bit for bit;
 * a link that sums over all coordinates takes `normOf` for it.
 */
import { joinable, LARGEST_JOINED, type Packing, packing } from '../tensor/kernels/packing.js';
import { type NamedTensors, pickNamed } from '../tensor/named.js';
import { type Tensor } from '../tensor/tf.js';
import { type Host } from '../tensor/plan/index.js';
import { type Link } from './link.js';
import { type StepMoment } from './moment.js';
import { type OptimizerState, type Slots } from './state.js';

interface UpdateStep {
  readonly gradients: NamedTensors;
  readonly parameters: NamedTensors;
  readonly slotsOf: (link: string) => Slots;
}

export interface JoinedStep extends UpdateStep {
  /** Tensors by parameter to joined ones, and back; what has no entry is left out. */
  pack(tensors: NamedTensors): NamedTensors;
  unpack(joined: NamedTensors): NamedTensors;
  /** The parameters with a gradient, in their order. */
  readonly names: readonly string[];
  /** Writes the slots of the joined tensors to their members; once, at the end. */
  writeSlots(): void;
}

/** The unchanged step. */
export function unjoined(step: UpdateStep): JoinedStep {
  return {
    ...step,
    names: Object.keys(step.gradients),
    pack: (tensors) => tensors,
    unpack: (joined) => joined,
    writeSlots: () => undefined,
  };
}

/** The step of these links on joined tensors, each named after one of its members. Runs inside a tidy. */
export function joinSmall(
  links: readonly Link[],
  step: UpdateStep,
  state: OptimizerState,
  host: Host<StepMoment>,
): JoinedStep {
  if (!links.every(({ elementwise }) => elementwise)) return unjoined(step);
  const { gradients, parameters, slotsOf } = step;
  const isSmall = (name: string): boolean => gradients[name]!.size <= LARGEST_JOINED;
  const small = joinable(pickNamed(gradients, Object.keys(gradients).filter(isSmall)));
  if (small.length > 0) host.choose(({ counts }) => sameAges(links, small, counts));
  const groups = packing(gradients, (name) => (isSmall(name) ? treatmentOf(links, state, name) : name));
  const slots = new Map(links.map(({ name }) => [name, joinSlots(slotsOf(name), Object.keys(gradients), groups)]));
  const packed = groups.pack(gradients);
  return {
    gradients: packed,
    parameters: groups.pack(parameters),
    slotsOf: (link) => slots.get(link)!.joined,
    names: Object.keys(gradients),
    pack: groups.pack,
    unpack: (some) => (some === packed ? gradients : groups.unpack(some)),
    writeSlots: () => slots.forEach(({ write }) => write()),
  };
}

/** Which parameters are of one age for the links, as text. */
function sameAges(links: readonly Link[], names: readonly string[], counts: Readonly<Record<string, number>>): string {
  const first = new Map<number, number>();
  return links
    .flatMap((link) =>
      names.map((name, i) => {
        const age = counts[`${link.name}/${name}`] ?? 0;
        if (!first.has(age)) first.set(age, i);
        return first.get(age)!;
      }),
    )
    .join();
}

/** What tells parameters apart for the links: each one's own answer, their age, and which slots they have. */
function treatmentOf(links: readonly Link[], { tensors, counts }: OptimizerState, parameter: string): string {
  return links
    .map(({ name, elementwise: { slots, kind } = { slots: [] } }) =>
      [
        kind?.(parameter),
        counts[`${name}/${parameter}`],
        ...slots.map((slot) => `${name}/${slot}/${parameter}` in tensors),
      ].join(' '),
    )
    .join();
}

/** Slots of joined tensors over those of their members. */
function joinSlots(
  members: Slots,
  parameters: readonly string[],
  groups: Packing,
): { joined: Slots; write: () => void } {
  const read: Record<string, NamedTensors> = {};
  const written: Record<string, Record<string, Tensor>> = {};
  const advance = (): void => parameters.forEach(members.advance);
  const packed = (slot: string): NamedTensors => {
    const present = parameters.flatMap((name) => {
      const value = members.get(slot, name);
      return value ? [[name, value] as const] : [];
    });
    return groups.pack(Object.fromEntries(present));
  };
  const refuse = (): never => {
    throw new Error('an elementwise link has tensors and counts, but no numbers, and removes nothing');
  };
  return {
    joined: {
      get: (slot, group) => written[slot]?.[group] ?? (read[slot] ??= packed(slot))[group],
      set(slot, group, value) {
        (written[slot] ??= {})[group] = value;
      },
      advance,
      count(group) {
        advance();
        return members.count(group);
      },
      remove: refuse,
      number: refuse,
      setNumber: refuse,
      addToNumber: refuse,
    },
    write() {
      for (const [slot, values] of Object.entries(written)) {
        for (const [name, value] of Object.entries(groups.unpack(values))) members.set(slot, name, value);
      }
    },
  };
}
