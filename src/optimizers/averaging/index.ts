export const averagingOptimizers = [] as const;
