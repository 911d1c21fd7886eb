import type { Instant } from '../base/instant.ts'
import { findHead } from '../ledger/sealed.ts'
import type { World } from '../ports.ts'
import type { DatasetName } from './keys.ts'
import { findLatest, type VersionRow } from './store.ts'

/**
 * The instant that the rows of the next version are true of. A clock that was set back does not take a version back,
 * unless somebody who sees that the version was made under a wrong clock says so; then all of it is built anew.
 */
export function chooseValidAt(
  now: Instant,
  { parent, takeBack }: { readonly parent: Instant | undefined; readonly takeBack: boolean },
): Instant {
  if (parent === undefined || parent <= now) return now
  return takeBack && daysBetween(now, parent) > LARGEST_SKEW_DAYS ? now : parent
}

// Between machines that both keep time
const LARGEST_SKEW_DAYS = 1

/** A version that may follow the one that stands. */
type Candidate = {
  readonly dataset: DatasetName
  readonly parent: VersionRow | undefined
  readonly validAt: Instant
}

/**
 * How many days its instant is ahead of the newest one that is known to have been: of the version that stands, of the
 * last look that found nothing to change, of the newest batch of the ledger. 0 where that is no more than a deployment
 * may well lie still, and where nothing has been yet.
 */
export async function countDaysAhead(
  world: Pick<World, 'store' | 'objects'>,
  { dataset, parent, validAt }: Candidate,
): Promise<number> {
  const { head } = await findHead(world.store)
  const latest = await findLatest(world.objects, dataset)
  const known = [parent?.validAt, latest?.confirmed.at, head.size > 0 ? head.sealedAt : undefined]
  const newest = known
    .filter((at) => at !== undefined)
    .sort()
    .at(-1)
  const days = newest === undefined ? 0 : Math.floor(daysBetween(newest, validAt))
  return days > LONGEST_REST_DAYS ? days : 0
}

// Short of a year, since a year is what a clock is wrong by when its date was typed in wrong
const LONGEST_REST_DAYS = 180

function daysBetween(from: Instant, to: Instant): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS
}

const DAY_MS = 24 * 60 * 60 * 1000
