import { z } from 'zod'
import type { Json } from '../base/canonical.ts'
import { type Sha256, sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import type { Objects, Store, World } from '../ports.ts'
import { type DatasetName, latestKey, publicationId, stagedKey, versionKey, versionsFrom } from './keys.ts'
import { instantSchema, type Manifest, manifestSchema, sha256Schema } from './manifest.ts'
import { type Quality, qualitySchema } from './quality.ts'

export const versionRowSchema = z.strictObject({
  dataset: z.string(),
  version: z.int().min(1),
  commitId: z.string(),
  manifestSha256: sha256Schema,
  qualitySha256: sha256Schema,
  ledgerSize: z.int(),
  validAt: instantSchema,
  rows: z.int(),
  files: z.int(),
  createdAt: instantSchema,
})
/** What the ledger's table holds of a version: enough for anyone to roll it forward. */
export type VersionRow = z.infer<typeof versionRowSchema>

export const PUBLICATION_ENTRY = 'dataset-published'

export const latestSchema = z.strictObject({
  ...versionRowSchema.shape,
  manifest: z.string(),
  /** The last look at the ledger and the clock that found nothing to change: the version still holds then. */
  confirmed: z.strictObject({ at: instantSchema, ledgerSize: z.int() }),
})
/** What `latest.json` says. Only a pointer: what is published is what has a version row. */
export type Latest = z.infer<typeof latestSchema>

/** The versions of a dataset from one on, ascending. */
export async function* listVersions(
  store: Store,
  dataset: DatasetName,
  from = 1,
): AsyncGenerator<VersionRow> {
  for await (const item of store.list(versionsFrom(dataset, from))) yield versionRowSchema.parse(item.value)
}

/** A version by its number, or the latest; undefined where there is none. */
export async function findVersion(
  world: Pick<World, 'store' | 'objects'>,
  dataset: DatasetName,
  version: number | 'latest',
): Promise<VersionRow | undefined> {
  if (version !== 'latest') {
    const item = await world.store.find(versionKey(dataset, version))
    return item === undefined ? undefined : versionRowSchema.parse(item.value)
  }
  // The pointer may lag behind a crash, never run ahead: it saves reading every version there ever was
  const latest = await findLatest(world.objects, dataset)
  let newest: VersionRow | undefined
  for await (const row of listVersions(world.store, dataset, latest?.version)) newest = row
  return newest
}

/** What `latest.json` says; undefined before the first version, and where it can't be read. */
export async function findLatest(objects: Objects, dataset: DatasetName): Promise<Latest | undefined> {
  const found = await objects.find(latestKey(dataset))
  return found && parseLatest(found.body)
}

/** Undefined for what is no pointer: nothing follows from it but where to begin looking, so a damaged one is none. */
export function parseLatest(body: Uint8Array): Latest | undefined {
  try {
    return latestSchema.safeParse(JSON.parse(Buffer.from(body).toString('utf8'))).data
  } catch {
    // Cut off; it is written again from the version rows, by the next to roll forward
    return undefined
  }
}

/** Makes a version and its ledger entry, or neither. Its documents are staged before. */
export async function commitVersion(
  store: Store,
  dataset: DatasetName,
  row: VersionRow & {
    readonly acceptedDrop: boolean
    readonly acceptedClock: boolean
    readonly at: Instant
  },
): Promise<'committed' | 'repeated' | 'conflict'> {
  const { acceptedDrop, acceptedClock, at, ...value } = row
  const { version, manifestSha256, ledgerSize, rows, files } = row
  return store.commit([{ key: versionKey(dataset, version), value, when: 'absent' }], {
    id: publicationId(dataset, version),
    kind: PUBLICATION_ENTRY,
    at,
    payload: { dataset, version, manifestSha256, ledgerSize, rows, files, acceptedDrop, acceptedClock },
  })
}

/** Throws `VERSION_DOCUMENT_MISSING` or `VERSION_DOCUMENT_CORRUPT`. */
export async function readManifest(
  objects: Objects,
  dataset: DatasetName,
  row: VersionRow,
): Promise<Manifest> {
  return manifestSchema.parse(await readStaged(objects, dataset, row.manifestSha256))
}

/** Throws `VERSION_DOCUMENT_MISSING` or `VERSION_DOCUMENT_CORRUPT`. */
export async function readQuality(objects: Objects, dataset: DatasetName, row: VersionRow): Promise<Quality> {
  return qualitySchema.parse(await readStaged(objects, dataset, row.qualitySha256))
}

/** The bytes of a staged document, which are what their name says. */
export async function readStagedBytes(
  objects: Objects,
  dataset: DatasetName,
  sha: Sha256,
): Promise<Uint8Array> {
  const found = await objects.find(stagedKey(dataset, sha))
  const facts = { dataset, sha256: sha }
  if (found === undefined) throw new Failure('VERSION_DOCUMENT_MISSING', { retryable: true, facts })
  if (sha256(found.body) !== sha) throw new Failure('VERSION_DOCUMENT_CORRUPT', { retryable: false, facts })
  return found.body
}

async function readStaged(objects: Objects, dataset: DatasetName, sha: Sha256): Promise<Json> {
  return JSON.parse(Buffer.from(await readStagedBytes(objects, dataset, sha)).toString('utf8'))
}
