/**
 * Writes what is owed under a key, and owes it no more. Where that throws it is owed behind the others, so that one bad file
 * does not hold them up.
 */
export function settle<K, V>(owed: Map<K, V>, key: K, value: V, write: () => void): void {
  owed.delete(key);
  try {
    write();
  } catch (error) {
    owed.set(key, value);
    throw error;
  }
}
