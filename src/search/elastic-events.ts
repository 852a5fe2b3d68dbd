/**
 * Events that only a search in an elastic space has: the losses of its smallest and largest network, channels sorted,
 * networks collapsed.
 */
export type ElasticEvent =
  /**
   * Before the first epoch with several networks per step: the channels of this many groups were sorted by importance,
   * and the optimizer starts afresh.
   */
  | { type: 'channels-sorted'; epoch: number; groups: number }
  /**
   * After an epoch: networks from the smallest to the largest on a validation batch, and the loss of guessing by the
   * shares of its classes.
   */
  | {
      type: 'elastic-epoch';
      epoch: number;
      chance: number;
      networks: { architecture: string; loss: number; accuracy: number | null }[];
    }
  /**
   * A network whose loss is not finite, or has not been below that of guessing for so many epochs; reported once for
   * each.
   */
  | { type: 'collapsed'; epoch: number; architecture: string; loss: number; epochs: number };
