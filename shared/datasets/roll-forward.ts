import { canonicalJson } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { Objects, World } from '../ports.ts'
import { putContent } from '../records/content-addressed.ts'
import { type DatasetName, datasetNames, documentKey, latestKey } from './keys.ts'
import {
  findLatest,
  type Latest,
  latestSchema,
  listVersions,
  parseLatest,
  readDocumentBytes,
  type VersionRow,
} from './store.ts'

/**
 * Gives every committed version its documents, and moves each dataset's `latest.json` up to its newest. Repeatable
 * by anyone at any time; run before each publication and when the service starts, so that a crash after a commit heals.
 */
export async function rollForward(world: Pick<World, 'store' | 'objects'>): Promise<void> {
  for (const dataset of datasetNames) await rollDatasetForward(world, dataset)
}

async function rollDatasetForward(
  world: Pick<World, 'store' | 'objects'>,
  dataset: DatasetName,
): Promise<void> {
  const latest = await findLatest(world.objects, dataset)
  let newest: VersionRow | undefined
  for await (const row of listVersions(world.store, dataset, (latest?.version ?? 0) + 1)) {
    await putDocuments(world.objects, dataset, row)
    newest = row
  }
  // Last: whoever follows the pointer finds the documents
  if (newest !== undefined) await moveLatest(world.objects, dataset, pointTo(dataset, newest))
}

async function putDocuments(objects: Objects, dataset: DatasetName, row: VersionRow): Promise<void> {
  for (const document of ['quality.json', 'manifest.json'] as const) {
    const body = await readDocumentBytes(objects, dataset, { row, document })
    await putContent(objects, documentKey(dataset, row.version, document), body)
  }
}

/** The pointer to a version, confirmed as of the version itself or of a later look that found nothing to change. */
export function pointTo(
  dataset: DatasetName,
  row: VersionRow,
  confirmed: Latest['confirmed'] = { at: row.validAt, ledgerSize: row.ledgerSize },
): Latest {
  return latestSchema.parse({
    ...row,
    manifest: documentKey(dataset, row.version, 'manifest.json').path,
    confirmed,
  })
}

/** Moves the pointer, forward only. Throws `LATEST_CONTENDED`. */
export async function moveLatest(objects: Objects, dataset: DatasetName, latest: Latest): Promise<void> {
  const key = latestKey(dataset)
  const body = Buffer.from(canonicalJson(latest))
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await objects.find(key)
    const current = found && parseLatest(found.body)
    if (current !== undefined && !isAhead(latest, current)) return
    if ((await objects.put(key, body, found === undefined ? 'absent' : { tag: found.tag })) === 'stored')
      return
  }
  throw new Failure('LATEST_CONTENDED', { retryable: true, facts: { dataset } })
}

// Each attempt is lost to somebody who moved it forward; so many in a row are a fault
const ATTEMPTS = 20

function isAhead(next: Latest, current: Latest): boolean {
  if (next.version !== current.version) return next.version > current.version
  return next.confirmed.at > current.confirmed.at
}
