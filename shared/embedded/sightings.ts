import type { Stats } from 'node:fs'

/**
 * What the looks at the drop saw lie there, by path: since when it lies unchanged, by a clock that nobody sets, and
 * whether it was told of.
 */
export type Sightings = Map<string, Sighting>

type Sighting = { readonly mark: string; readonly sinceMs: number; isTold: boolean; look: object }

/** Notes that a file was seen in a look. It is another where anything of it changed. */
export function sight(
  sightings: Sightings,
  path: string,
  { found, look }: { readonly found: Stats; readonly look: object },
): Sighting {
  const mark = [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ')
  const before = sightings.get(path)
  const sighting = before?.mark === mark ? before : { mark, sinceMs: performance.now(), isTold: false, look }
  sighting.look = look
  sightings.set(path, sighting)
  return sighting
}

/** Forgets what a whole look did not see any more. */
export function forgetUnseen(sightings: Sightings, look: object): void {
  for (const [path, sighting] of sightings) if (sighting.look !== look) sightings.delete(path)
}

/**
 * Whether nobody has touched a file for so long: by its own times, or by two looks that saw the same. Its times alone may
 * lie in the future for years, as the copy of a file from a machine whose clock was ahead has them.
 */
export function hasLainStill({ sinceMs }: Sighting, found: Stats, stillMs: number): boolean {
  const ageMs = Date.now() - Math.floor(Math.max(found.mtimeMs, found.ctimeMs))
  return Math.max(ageMs, performance.now() - sinceMs) >= stillMs
}
