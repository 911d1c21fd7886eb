import { z } from 'zod'
import { canonicalJson, type Json } from '../base/canonical.ts'
import { digestOf } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { ObjectKey, Objects } from '../ports.ts'
import { putContent } from '../records/content-addressed.ts'
import { assembleBuild, type BucketResult, buildBucket } from './build.ts'
import type { CheckedFile } from './checked-file.ts'
import { withEngine } from './engine.ts'
import { storeFiles } from './files.ts'
import { publicationKey } from './keys.ts'
import { type DataFile, dataFileSchema, pinsSchema } from './manifest.ts'
import { planVersion } from './plan.ts'
import {
  type EndedPublication,
  type PublicationName,
  publicationNameSchema,
  putPublication,
} from './publication.ts'
import {
  commitDraft,
  findParent,
  isToBeStored,
  nextVersion,
  type Parent,
  type Publication,
  type PublishingWorld,
} from './publish.ts'
import { rollForward } from './roll-forward.ts'

/**
 * A publication in steps that run apart: plan, each bucket, commit. What one leaves for the next lies under the
 * publication's own name, each document put once, so a step that is repeated changes nothing.
 */
export const stepsOptionsSchema = publicationNameSchema.extend({
  force: z.boolean().default(false),
  full: z.boolean().default(false),
  acceptDrop: z.boolean().default(false),
  acceptClock: z.boolean().default(false),
})
export type StepsOptions = z.infer<typeof stepsOptionsSchema>

const planSchema = z.strictObject({
  options: stepsOptionsSchema,
  kind: z.enum(['full', 'incremental']),
  pins: pinsSchema,
  parentVersion: z.int().min(0),
  /** Each with the document that lists its organisations. */
  buckets: z.array(z.strictObject({ bucket: z.int().min(0), codes: z.string() })),
})
type StoredPlan = z.infer<typeof planSchema>

const codesSchema = z.array(z.string())

const resultSchema = z.strictObject({
  bucket: z.int().min(0),
  built: z
    .strictObject({ file: dataFileSchema, isNew: z.boolean(), failing: z.record(z.string(), z.int()) })
    .nullable(),
})

/** Plans the next version; answers the buckets to build. Throws what planning throws. */
export async function planStep(world: PublishingWorld, options: StepsOptions): Promise<readonly number[]> {
  const known = await findDocument(world.objects, publicationKey(options, 'plan.json'), planSchema)
  if (known !== undefined) return bucketsOf(known)
  await rollForward(world)
  const parent = await findParent(world, options.dataset)
  const { kind, pins, changed } = await withEngine((engine) =>
    planVersion(world, engine, { parent: parent?.manifest, full: options.full, force: options.force }),
  )
  const buckets: StoredPlan['buckets'] = []
  for (const [bucket, list] of changed) {
    // By content: another run of this step, cut off before its plan, may have found other ones
    const codes = `codes-${bucket}-${digestOf(list)}.json`
    await putContent(world.objects, publicationKey(options, codes), bytesOf(list))
    buckets.push({ bucket, codes })
  }
  const plan = { options, kind, pins, parentVersion: parent?.row.version ?? 0, buckets }
  // Last: a plan that can be read is whole. Had another run of this step put it first, that one's stands
  await putDocument(world.objects, publicationKey(options, 'plan.json'), plan)
  return bucketsOf(await readPlan(world.objects, options))
}

function bucketsOf({ buckets }: StoredPlan): readonly number[] {
  return buckets.map(({ bucket }) => bucket)
}

/** Builds one bucket of a plan and stores its file. Throws `PARENT_MOVED` once another version stands. */
export async function buildStep(
  world: PublishingWorld,
  name: PublicationName,
  bucket: number,
): Promise<void> {
  const { objects } = world
  const plan = await readPlan(objects, name)
  const parent = await findPlannedParent(world, plan)
  const planned = plan.buckets.find((each) => each.bucket === bucket)
  if (planned === undefined) throw new Failure('BUCKET_NOT_PLANNED', { retryable: false, facts: { bucket } })
  const before = parent?.manifest.files.find((file) => file.bucket === bucket)
  const job = {
    dataset: name.dataset,
    version: nextVersion(parent),
    pins: plan.pins,
    bucket,
    codes: await readDocument(objects, publicationKey(name, planned.codes), codesSchema),
    parentFile: plan.kind === 'full' ? undefined : before,
  }
  await withEngine(async (engine) => {
    const { built } = await buildBucket(world, engine, { job, before })
    if (built !== undefined && isToBeStored(plan, built)) {
      await storeFiles(objects, [built], () => undefined)
    }
    await putDocument(objects, publicationKey(name, `built-${bucket}.json`), {
      bucket,
      built: built === undefined ? null : describe(built),
    })
  })
}

/** Judges and commits what was built, and leaves the outcome where `findPublication` reads it. */
export async function commitStep(world: PublishingWorld, name: PublicationName): Promise<Publication> {
  const { objects } = world
  const plan = await readPlan(objects, name)
  const { options, kind, pins, parentVersion } = plan
  const parent = await findParent(world, name.dataset)
  const publication =
    (parent?.row.version ?? 0) === parentVersion
      ? await commitDraft(
          world,
          {
            options,
            parent,
            plan: { kind, pins },
            build: assembleBuild(kind, parent?.manifest, await readResults(objects, name, bucketsOf(plan))),
          },
          // Each bucket stored its own
          async () => undefined,
        )
      : overtaken(parent, name)
  await putPublication(objects, name, publication)
  return publication
}

/** Leaves word that a publication's steps gave up; nobody is to wait for its outcome any longer. */
export async function abandonSteps(world: PublishingWorld, name: PublicationName): Promise<EndedPublication> {
  const parent = await findParent(world, name.dataset)
  // It may have died after its commit
  const outcome: EndedPublication =
    parent?.row.commitId === name.commitId ? overtaken(parent, name) : { outcome: 'failed' }
  await putPublication(world.objects, name, outcome)
  return outcome
}

// By another publisher, or by this very step, run before and cut off between its commit and its answer
function overtaken(parent: Parent | undefined, { commitId }: PublicationName): Publication {
  if (parent === undefined) throw new Failure('PARENT_MOVED', { retryable: false })
  const { row, manifest } = parent
  if (row.commitId !== commitId) return { outcome: 'superseded', version: row }
  return { outcome: 'published', version: row, built: manifest.parent === null ? 'full' : 'incremental' }
}

async function findPlannedParent(world: PublishingWorld, plan: StoredPlan): Promise<Parent | undefined> {
  const parent = await findParent(world, plan.options.dataset)
  if ((parent?.row.version ?? 0) === plan.parentVersion) return parent
  throw new Failure('PARENT_MOVED', { retryable: false, facts: { version: plan.parentVersion } })
}

async function readResults(
  objects: Objects,
  name: PublicationName,
  buckets: readonly number[],
): Promise<readonly BucketResult<CheckedFile>[]> {
  return Promise.all(
    buckets.map(async (bucket) => {
      const { built } = await readDocument(
        objects,
        publicationKey(name, `built-${bucket}.json`),
        resultSchema,
      )
      return { bucket, built: built === null ? undefined : parseBuilt(built) }
    }),
  )
}

function describe({ file, isNew, failing }: CheckedFile) {
  return { file, isNew, failing: Object.fromEntries(failing) }
}

function parseBuilt(built: { file: DataFile; isNew: boolean; failing: Record<string, number> }): CheckedFile {
  return { ...built, failing: new Map(Object.entries(built.failing)) }
}

function readPlan(objects: Objects, name: PublicationName): Promise<StoredPlan> {
  return readDocument(objects, publicationKey(name, 'plan.json'), planSchema)
}

async function readDocument<Schema extends z.ZodType>(
  objects: Objects,
  key: ObjectKey,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const document = await findDocument(objects, key, schema)
  if (document === undefined)
    throw new Failure('PUBLICATION_DOCUMENT_MISSING', { retryable: true, facts: { path: key.path } })
  return document
}

async function findDocument<Schema extends z.ZodType>(
  objects: Objects,
  key: ObjectKey,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const found = await objects.find(key)
  return found && schema.parse(JSON.parse(Buffer.from(found.body).toString('utf8')))
}

async function putDocument(objects: Objects, key: ObjectKey, document: unknown): Promise<void> {
  await objects.put(key, bytesOf(document), 'absent')
}

function bytesOf(document: unknown): Uint8Array {
  return Buffer.from(canonicalJson(document as Json))
}
