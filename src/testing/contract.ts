/** One thing that a contract asks for. */
export interface ContractCase {
  readonly title: string;
  /** Rejects, saying what was expected and what came, where it is not kept. */
  readonly run: () => Promise<void>;
}

/** Throws where two values are not the same as JSON. */
export function expectSame(found: unknown, expected: unknown, about: string): void {
  const [was, should] = [found, expected].map((value) => JSON.stringify(value));
  if (was !== should) throw new Error(`${about}: expected ${should}, but it was ${was}`);
}

export function expectThat(isSo: boolean, about: string): void {
  if (!isSo) throw new Error(about);
}
