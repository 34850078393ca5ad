export const count = 100_000;
