export const curvatureOptimizers = [] as const;
