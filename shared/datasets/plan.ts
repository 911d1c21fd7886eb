import { digestOf } from '../base/digest.ts'
import { Failure } from '../base/failure.ts'
import type { Instant } from '../base/instant.ts'
import { compareUtf8 } from '../base/order.ts'
import { FUSION_VERSION } from '../fusion/fuse.ts'
import type { World } from '../ports.ts'
import { listTouched } from '../records/applied.ts'
import { partitionUscc } from '../records/keys.ts'
import { publicationRulesSha256 } from '../records/publication-rules.ts'
import { findWatermark } from '../records/watermark.ts'
import type { Policy } from '../settings.ts'
import { bucketOf } from './bucket.ts'
import { chooseValidAt } from './clock.ts'
import { fieldTableSha256 } from './columns.ts'
import { type Engine, engineVersion, literal } from './engine.ts'
import { fetchFile } from './files.ts'
import type { DataFile, Manifest, Pins } from './manifest.ts'
import { qualityRulesSha256 } from './quality-rules.ts'

/** What is to be built: the organisations that may have changed, by bucket; both ascending. */
export type Plan = {
  readonly kind: 'full' | 'incremental'
  readonly pins: Pins
  readonly changed: ReadonlyMap<number, readonly string[]>
}

/**
 * Pins the next version and finds what to build: everything where there is no parent, where a pin other than the
 * ledger and the clock has changed, or where it is asked for; else what the ledger touched since the parent and what
 * time alone has changed. Throws `LEDGER_BEHIND_PARENT`.
 */
export async function planVersion(
  world: Pick<World, 'store' | 'objects' | 'now' | 'settings'>,
  engine: Engine,
  options: { readonly parent: Manifest | undefined; readonly full: boolean; readonly force: boolean },
): Promise<Plan> {
  const { parent } = options
  const takeBack = options.full && options.force
  const pins = pin(world.settings.policy, {
    ledgerSize: await findWatermark(world.store),
    validAt: chooseValidAt(world.now(), { parent: parent?.validAt, takeBack }),
  })
  const full = options.full || parent === undefined || !haveSameRules(parent, pins)
  const from = full ? 0 : parent.ledgerSize
  if (parent !== undefined && pins.ledgerSize < parent.ledgerSize) {
    throw new Failure('LEDGER_BEHIND_PARENT', { retryable: true, facts: { ledgerSize: pins.ledgerSize } })
  }
  const codes = new Set<string>()
  for (const partition of await listTouched(world.store, from, pins.ledgerSize)) {
    const uscc = partitionUscc(partition)
    if (uscc !== undefined) codes.add(uscc)
  }
  if (!full)
    for (const uscc of await listDue(world, engine, { parent, validAt: pins.validAt })) codes.add(uscc)
  return { kind: full ? 'full' : 'incremental', pins, changed: groupByBucket(codes, pins.bucketCount) }
}

function pin(policy: Policy, moment: { readonly ledgerSize: number; readonly validAt: Instant }): Pins {
  return {
    ...moment,
    policySha256: digestOf(policy),
    fieldTableSha256,
    publicationRulesSha256,
    qualityRulesSha256,
    bucketCount: policy.bucketCount,
    engine: engineVersion,
    fusionVersion: FUSION_VERSION,
  }
}

/** Whether two versions differ only in how much of the ledger takes part, and when. */
export function haveSameRules(left: Pins, right: Pins): boolean {
  const names = [
    'policySha256',
    'fieldTableSha256',
    'publicationRulesSha256',
    'qualityRulesSha256',
    'bucketCount',
    'engine',
    'fusionVersion',
  ] as const
  return names.every((name) => left[name] === right[name])
}

/** The organisations whose row time alone has changed since the parent; only files that hold one are opened. */
async function listDue(
  world: Pick<World, 'objects'>,
  engine: Engine,
  { parent, validAt }: { readonly parent: Manifest; readonly validAt: Instant },
): Promise<readonly string[]> {
  const due: string[] = []
  for (const file of parent.files.filter((each) => isDue(each, validAt))) {
    const local = await fetchFile(world.objects, file, engine.directory)
    const rows = await engine.query(
      `SELECT uscc FROM read_parquet(${literal(local)}) WHERE next_change_at <= ${literal(validAt)}::TIMESTAMPTZ`,
    )
    due.push(...rows.map((row) => String(row['uscc'])))
  }
  return due
}

function isDue({ nextChangeAt }: DataFile, validAt: Instant): boolean {
  return nextChangeAt !== null && nextChangeAt <= validAt
}

function groupByBucket(codes: Iterable<string>, bucketCount: number): ReadonlyMap<number, readonly string[]> {
  const buckets = new Map<number, string[]>()
  for (const code of codes) {
    const bucket = bucketOf(code, bucketCount)
    const known = buckets.get(bucket)
    if (known === undefined) buckets.set(bucket, [code])
    else known.push(code)
  }
  for (const group of buckets.values()) group.sort(compareUtf8)
  return new Map([...buckets].sort(([left], [right]) => left - right))
}
