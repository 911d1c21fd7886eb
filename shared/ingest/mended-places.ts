import type { CalendarDate } from '../base/instant.ts'
import type { World } from '../ports.ts'
import { layoutNameOf } from './layouts/registry.ts'
import { MENDED_PLACES_LIMIT, type Mends } from './mends.ts'
import { findQuarantine, isLapsed } from './quarantine.ts'
import { listQuarantined } from './quarantine-list.ts'
import type { Refusal } from './refusal.ts'

type ReadingWorld = Pick<World, 'store' | 'objects'>

type Mending = {
  readonly authority: string
  readonly mends: Mends
  /** The name of the layout that it is in. */
  readonly layout: string
  readonly today: CalendarDate
}

/** Which place each record of a submission mends, by the order of the records. */
export type MendedPlaces = {
  readonly mends: Mends
  /** Once it is known how many records there are: each has a place, and no place is left. */
  checkCount(received: number): Refusal | undefined
}

type Refused = { readonly refusal: Refusal }

/** Finds what a submission mends, or why it may not; every place is open. */
export async function findMendedPlaces(
  world: ReadingWorld,
  mending: Mending,
): Promise<MendedPlaces | Refused> {
  const { authority, mends, layout, today } = mending
  const quarantine = await findQuarantine(world.store, authority, mends.submissionId)
  if (quarantine === undefined) return { refusal: { code: 'MENDS_UNKNOWN', path: '/mends' } }
  if (isLapsed(quarantine, today)) return { refusal: { code: 'MENDS_LAPSED', path: '/mends' } }
  if (layoutNameOf(quarantine.layout) !== layout)
    return { refusal: { code: 'MENDS_DIFFERS', path: '/layout' } }
  return mends.places === undefined ? takeOpen(world, mending) : checkNamed(world, mending, mends.places)
}

async function takeOpen(world: ReadingWorld, mending: Mending): Promise<MendedPlaces | Refused> {
  const places: number[] = []
  for await (const place of listOpen(world, mending)) {
    if (places.length === MENDED_PLACES_LIMIT) {
      const detail = `Open there are more than ${MENDED_PLACES_LIMIT}: name places, in several submissions.`
      return { refusal: { code: 'MENDS_DIFFERS', path: '/mends', detail } }
    }
    places.push(place)
  }
  return mendedPlaces({ ...mending.mends, places }, { path: '/mends', told: 'Places open' })
}

async function checkNamed(
  world: ReadingWorld,
  mending: Mending,
  places: number[],
): Promise<MendedPlaces | Refused> {
  const closed = new Set(places)
  for await (const place of listOpen(world, mending)) {
    closed.delete(place)
    if (closed.size === 0) break
  }
  const named = new Set<number>()
  const at = places.findIndex((place) => closed.has(place) || named.size === named.add(place).size)
  if (at !== -1) return { refusal: { code: 'MENDS_PLACE_NOT_OPEN', path: `/mends/places/${at}` } }
  return mendedPlaces({ ...mending.mends, places }, { path: '/mends/places', told: 'Places named' })
}

function mendedPlaces(
  mends: Mends & { places: number[] },
  { path, told }: { readonly path: string; readonly told: string },
): MendedPlaces {
  const { length } = mends.places
  return {
    mends,
    checkCount(received) {
      if (length === received) return undefined
      return { code: 'MENDS_DIFFERS', path, detail: `${told}: ${length}; records here: ${received}.` }
    },
  }
}

async function* listOpen(
  world: ReadingWorld,
  { authority, today, mends: { submissionId } }: Mending,
): AsyncGenerator<number> {
  const wanted = { authority, today, submissionId, states: ['open'] } as const
  for await (const { index } of listQuarantined(world, wanted)) yield index
}
