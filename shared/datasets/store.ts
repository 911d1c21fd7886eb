import { z } from 'zod'
import type { Json } from '../base/canonical.ts'
import { sha256, sha256Schema } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import { canonicalInstantSchema, type Instant } from '../base/instant.ts'
import type { Objects, Store, World } from '../ports.ts'
import {
  type DatasetName,
  type DocumentName,
  documentKey,
  latestKey,
  publicationId,
  stagedKey,
  versionKey,
  versionsFrom,
} from './keys.ts'
import { type Manifest, manifestSchema } from './manifest.ts'
import { type Quality, qualitySchema } from './quality.ts'

export const versionRowSchema = z.strictObject({
  dataset: z.string(),
  version: z.int().min(1),
  commitId: z.string(),
  manifestSha256: sha256Schema,
  qualitySha256: sha256Schema,
  ledgerSize: z.int(),
  validAt: canonicalInstantSchema,
  rows: z.int(),
  files: z.int(),
  createdAt: canonicalInstantSchema,
})
/** What the ledger's table holds of a version: enough for anyone to roll it forward. */
export type VersionRow = z.infer<typeof versionRowSchema>

const PUBLICATION_ENTRY = 'dataset-published'

export const latestSchema = z.strictObject({
  ...versionRowSchema.shape,
  manifest: z.string(),
  /** The last look at the ledger and the clock that found nothing to change: the version still holds then. */
  confirmed: z.strictObject({ at: canonicalInstantSchema, ledgerSize: z.int() }),
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
  return manifestSchema.parse(await readJson(objects, dataset, { row, document: 'manifest.json' }))
}

/** Throws `VERSION_DOCUMENT_MISSING` or `VERSION_DOCUMENT_CORRUPT`. */
export async function readQuality(objects: Objects, dataset: DatasetName, row: VersionRow): Promise<Quality> {
  return qualitySchema.parse(await readJson(objects, dataset, { row, document: 'quality.json' }))
}

type Wanted = { readonly row: VersionRow; readonly document: DocumentName }

/**
 * The bytes of a version's document, which are what its row says. They lie where they were staged and, once rolled
 * forward, with the version: if one of the two is damaged, the other serves.
 */
export async function readDocumentBytes(
  objects: Objects,
  dataset: DatasetName,
  { row, document }: Wanted,
): Promise<Uint8Array> {
  const sha = document === 'manifest.json' ? row.manifestSha256 : row.qualitySha256
  const facts = { dataset, sha256: sha }
  let isDamaged = false
  for (const key of [stagedKey(dataset, sha), documentKey(dataset, row.version, document)]) {
    const body = (await objects.find(key))?.body
    if (body !== undefined && sha256(body) === sha) return body
    isDamaged ||= body !== undefined
  }
  if (isDamaged) throw new Failure('VERSION_DOCUMENT_CORRUPT', { retryable: false, facts })
  throw new Failure('VERSION_DOCUMENT_MISSING', { retryable: true, facts })
}

async function readJson(objects: Objects, dataset: DatasetName, wanted: Wanted): Promise<Json> {
  return JSON.parse(Buffer.from(await readDocumentBytes(objects, dataset, wanted)).toString('utf8'))
}
