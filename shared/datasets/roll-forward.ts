import { canonicalJson } from '../base/canonical.ts'
import { Failure } from '../base/failure.ts'
import type { Objects, World } from '../ports.ts'
import { type DatasetName, datasets, documentKey, latestKey } from './keys.ts'
import {
  findLatest,
  type Latest,
  latestSchema,
  listVersions,
  parseLatest,
  readStagedBytes,
  type VersionRow,
} from './store.ts'

/**
 * Gives every committed version its documents, and moves each dataset's `latest.json` up to its newest. Repeatable
 * by anyone at any time; run before each publication and when the service starts, so that a crash after a commit heals.
 */
export async function rollForward(world: Pick<World, 'store' | 'objects'>): Promise<void> {
  for (const dataset of datasetNames) await rollDatasetForward(world, dataset)
}

const datasetNames = Object.keys(datasets).filter((name): name is DatasetName => name in datasets)

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
  const manifest = await readStagedBytes(objects, dataset, row.manifestSha256)
  const quality = await readStagedBytes(objects, dataset, row.qualitySha256)
  await objects.put(documentKey(dataset, row.version, 'quality.json'), quality, 'absent')
  await objects.put(documentKey(dataset, row.version, 'manifest.json'), manifest, 'absent')
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
