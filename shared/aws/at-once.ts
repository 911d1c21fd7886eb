/** Works on all items, at most so many at once; answers in their order. After a fault no further item is begun. */
export async function atOnce<I, T>(
  limit: number,
  items: readonly I[],
  work: (item: I) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = []
  const waiting = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      try {
        results[index] = await work(item)
      } catch (fault) {
        waiting.return?.(undefined)
        throw fault
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
