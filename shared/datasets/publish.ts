import { canonicalJson } from '../base/canonical.ts'
import { digestOf, type Sha256 } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import type { Objects, World } from '../ports.ts'
import { putContent } from '../records/content-addressed.ts'
import { type Build, type BuildInput, buildFiles } from './build.ts'
import type { CheckedFile } from './checked-file.ts'
import { countDaysAhead } from './clock.ts'
import { columns } from './columns.ts'
import { withEngine } from './engine.ts'
import { storeFiles } from './files.ts'
import { type Acceptance, checkFiles, closedGates, type GateFinding } from './gates.ts'
import { type DatasetName, stagedKey } from './keys.ts'
import { type Manifest, manifestSchema } from './manifest.ts'
import { haveSameRules, type Plan, planVersion } from './plan.ts'
import { type Quality, qualitySchema } from './quality.ts'
import type { QualityRuleId } from './quality-rules.ts'
import { moveLatest, pointTo, rollForward } from './roll-forward.ts'
import { countSources } from './sources.ts'
import { commitVersion, findVersion, readManifest, readQuality, type VersionRow } from './store.ts'

export type PublishingWorld = Pick<World, 'store' | 'objects' | 'now' | 'settings'>

export type PublishOptions = Acceptance & {
  readonly dataset: DatasetName
  /** One for each attempt, so that a publisher knows its own version when it meets it. */
  readonly commitId: string
  /** A new version although nothing has changed. */
  readonly force?: boolean
  /**
   * Builds every bucket from the ledger, and so shows whether the version that stands can be made again. With `force`,
   * also takes back the instant of a version that was made under a clock far ahead of this one.
   */
  readonly full?: boolean
  readonly onStep?: (step: Step) => void
}

export type Step = {
  readonly name: 'plan' | 'build' | 'check' | 'store' | 'commit'
  readonly done: number
  readonly total: number
}

export type Publication =
  | { readonly outcome: 'published'; readonly version: VersionRow; readonly built: 'full' | 'incremental' }
  /** The version still holds, and `latest.json` says since when that is known. */
  | {
      readonly outcome: 'unchanged'
      readonly version: VersionRow
      readonly confirmed: { readonly at: Instant; readonly ledgerSize: number }
    }
  /** Nothing was stored. */
  | { readonly outcome: 'gated'; readonly findings: readonly GateFinding[] }
  /** Another publisher was first; its version stands. */
  | { readonly outcome: 'superseded'; readonly version: VersionRow }

export type Parent = { readonly row: VersionRow; readonly manifest: Manifest; readonly quality: Quality }

/**
 * Publishes the next version of a dataset, if it differs from the one that stands. Safe with several publishers at
 * once and with a crash after any write: the commit of version row and entry decides, everything before it is staged
 * under names of its own, everything after it can be done again by anyone.
 */
export async function publish(world: PublishingWorld, options: PublishOptions): Promise<Publication> {
  await rollForward(world)
  const parent = await findParent(world, options.dataset)
  return withEngine(async (engine) => {
    const onStep = options.onStep ?? (() => undefined)
    onStep({ name: 'plan', done: 0, total: 1 })
    const { full = false, force = false } = options
    const plan = await planVersion(world, engine, { parent: parent?.manifest, full, force })
    onStep({ name: 'plan', done: 1, total: 1 })
    const build = await buildFiles(world, engine, buildInput(options, plan, parent))
    const stored = build.built.filter((each) => isToBeStored(plan, each))
    return commitDraft(world, { options, parent, plan, build }, () =>
      storeFiles(world.objects, stored, (done) => onStep({ name: 'store', done, total: stored.length })),
    )
  })
}

/** The version that stands, with its documents. */
export async function findParent(world: PublishingWorld, dataset: DatasetName): Promise<Parent | undefined> {
  const row = await findVersion(world, dataset, 'latest')
  if (row === undefined) return undefined
  const manifest = await readManifest(world.objects, dataset, row)
  return { row, manifest, quality: await readQuality(world.objects, dataset, row) }
}

function buildInput(options: PublishOptions, plan: Plan, parent: Parent | undefined): BuildInput {
  const { dataset, onStep = () => undefined } = options
  const onBucket = (done: number): void => onStep({ name: 'build', done, total: plan.changed.size })
  return { dataset, version: nextVersion(parent), plan, parent: parent?.manifest, onBucket }
}

export function nextVersion(parent: Parent | undefined): number {
  return (parent?.row.version ?? 0) + 1
}

/** A full build stores also what came out as it was: where the parent's file was damaged, that puts it right. */
export function isToBeStored({ kind }: Pick<Plan, 'kind'>, { isNew }: CheckedFile): boolean {
  return isNew || kind === 'full'
}

function isUnchanged(parent: Manifest, plan: Draft['plan'], { files }: Build): boolean {
  return haveSameRules(parent, plan.pins) && digestOf(files) === digestOf(parent.files)
}

/**
 * No version without a change: versions that differ in nothing but their number are what makes users stop looking.
 * But a dataset in which nothing happens is not to look like one that is stuck, so the pointer tells of the look.
 */
async function confirm(
  world: PublishingWorld,
  dataset: DatasetName,
  { row, plan }: { readonly row: VersionRow; readonly plan: Draft['plan'] },
): Promise<Publication> {
  const confirmed = { at: plan.pins.validAt, ledgerSize: plan.pins.ledgerSize }
  await moveLatest(world.objects, dataset, pointTo(dataset, row, confirmed))
  return { outcome: 'unchanged', version: row, confirmed }
}

/** A version that is built and not yet judged. */
export type Draft = {
  readonly options: PublishOptions
  readonly parent: Parent | undefined
  readonly plan: Pick<Plan, 'kind' | 'pins'>
  readonly build: Build
}

/** Commits a draft, unless nothing has changed or a gate is closed. `store` is called before what names its files is. */
export async function commitDraft(
  world: PublishingWorld,
  draft: Draft,
  store: () => Promise<void>,
): Promise<Publication> {
  const { options, parent, plan, build } = draft
  const { dataset, force = false } = options
  const { validAt } = plan.pins
  const quality = assess(draft, await countDaysAhead(world, { dataset, parent: parent?.row, validAt }))
  const findings = closedGates(quality.checks)
  // What is unchanged passed the other gates when it was published; a look under a wrong clock confirms nothing
  const isConfirmed = !findings.some(({ id }) => id === ('clock-ahead' satisfies QualityRuleId))
  if (parent !== undefined && !force && isConfirmed && isUnchanged(parent.manifest, plan, build)) {
    if (plan.kind === 'full') await store()
    return confirm(world, dataset, { row: parent.row, plan })
  }
  options.onStep?.({ name: 'check', done: 1, total: 1 })
  if (findings.length > 0) return { outcome: 'gated', findings }
  await store()
  return commitJudged(world, draft, quality)
}

async function commitJudged(world: PublishingWorld, draft: Draft, quality: Quality): Promise<Publication> {
  const { options, parent, plan } = draft
  const { dataset } = options
  const manifest = await describe(
    world,
    draft,
    await stage(world.objects, dataset, qualitySchema.parse(quality)),
  )
  const row = rowOf(manifest, await stage(world.objects, dataset, manifestSchema.parse(manifest)))
  const isAccepted = (gate: QualityRuleId) =>
    quality.checks.some(({ id, accepted }) => id === gate && accepted)
  const outcome = await commitVersion(world.store, dataset, {
    ...row,
    acceptedDrop: isAccepted('rows-fallen'),
    acceptedClock: isAccepted('clock-ahead'),
    at: world.now(),
  })
  options.onStep?.({ name: 'commit', done: 1, total: 1 })
  const standing = await findVersion(world, dataset, row.version)
  if (standing === undefined) throw new Failure('VERSION_CONTENDED', { retryable: true, facts: { outcome } })
  await rollForward(world)
  if (standing.commitId !== row.commitId) return { outcome: 'superseded', version: standing }
  return { outcome: 'published', version: standing, built: parent === undefined ? 'full' : plan.kind }
}

function assess({ options, parent, plan, build }: Draft, daysAhead: number): Quality {
  const checks = checkFiles({
    ...build,
    parent: parent && { quality: parent.quality, rows: parent.row.rows },
    daysAhead,
    accept: options,
  })
  const rows = countRows(build)
  return {
    dataset: options.dataset,
    version: nextVersion(parent),
    validAt: plan.pins.validAt,
    rows,
    checks: [...checks],
  }
}

async function describe(
  world: PublishingWorld,
  { options, parent, plan, build }: Draft,
  qualitySha256: Sha256,
): Promise<Manifest> {
  const range = { from: parent?.manifest.ledgerSize ?? 0, to: plan.pins.ledgerSize }
  return {
    dataset: options.dataset,
    version: nextVersion(parent),
    parent:
      parent === undefined
        ? null
        : { version: parent.row.version, manifestSha256: parent.row.manifestSha256 },
    commitId: options.commitId,
    ...plan.pins,
    columns: [...columns],
    files: [...build.files],
    rows: countRows(build),
    sources: [...(await countSources(world.store, parent?.manifest.sources ?? [], range))],
    qualitySha256,
    createdAt: world.now(),
  }
}

function countRows({ files }: Build): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}

/** Puts a document where the commit's digest will point to. */
async function stage(objects: Objects, dataset: DatasetName, document: Manifest | Quality): Promise<Sha256> {
  const sha = digestOf(document)
  await putContent(objects, stagedKey(dataset, sha), Buffer.from(canonicalJson(document)))
  return sha
}

function rowOf(manifest: Manifest, manifestSha256: Sha256): VersionRow {
  const { dataset, version, commitId, qualitySha256, ledgerSize, validAt, rows, files, createdAt } = manifest
  return {
    dataset,
    version,
    commitId,
    manifestSha256,
    qualitySha256,
    ledgerSize,
    validAt,
    rows,
    files: files.length,
    createdAt,
  }
}
