/** What chance draws from: the same every time; RBM_TEST_SEED tries others. */
export const seed = Number(process.env.RBM_TEST_SEED ?? 20261122);
