/** The longest wait that a timer of Node can hold, in ms; beyond it fires at once. */
export const maxDelay = 2 ** 31 - 1;
