import type { Sha256 } from '../base/digest.ts'
import type { Key, ObjectKey, Range } from '../ports.ts'

/** Every dataset there is; a name is also the first segment of its objects' paths. */
export const datasets = {
  organisations: { zh: '法人和其他组织公共信用信息', en: 'Public credit records of organisations' },
} as const

export type DatasetName = keyof typeof datasets
/** At least one, as a schema of their names wants it. */
export const datasetNames = Object.keys(datasets) as [DatasetName, ...DatasetName[]]

/** The row whose presence makes a version a version. */
export function versionKey(dataset: DatasetName, version: number): Key {
  return { table: 'ledger', partition: `dataset#${dataset}`, sort: padVersion(version) }
}

/** The rows of the versions from one on. */
export function versionsFrom(dataset: DatasetName, version: number): Range {
  const { table, partition, sort } = versionKey(dataset, version)
  return { table, partition, from: sort }
}

/** The entry's id: there can be one entry for each version, so one publisher wins. */
export function publicationId(dataset: DatasetName, version: number): string {
  return `dataset-published:${dataset}:${version}`
}

/** Named by version and content, so that no attempt overwrites another and no path is ever used again. */
export function dataKey(
  dataset: DatasetName,
  file: { bucket: number; version: number; sha256: Sha256 },
): ObjectKey {
  const name = `${padVersion(file.version)}-${file.sha256.slice(0, 16)}.parquet`
  return { area: 'datasets', path: `${dataset}/data/bucket=${file.bucket}/${name}` }
}

/** Where a version's documents wait for their version to be committed; kept, since anyone may roll forward. */
export function stagedKey(dataset: DatasetName, sha: Sha256): ObjectKey {
  return { area: 'datasets', path: `${dataset}/staged/${sha}.json` }
}

/** What lies beside a version's files. */
export type DocumentName = 'manifest.json' | 'quality.json'

export function documentKey(dataset: DatasetName, version: number, document: DocumentName): ObjectKey {
  return { area: 'datasets', path: `${dataset}/versions/${padVersion(version)}/${document}` }
}

/** What the steps of one publication leave for each other; of no use once it has ended. */
export function publicationKey(
  { dataset, commitId }: { readonly dataset: DatasetName; readonly commitId: string },
  document: string,
): ObjectKey {
  return { area: 'datasets', path: `${dataset}/publications/${commitId}/${document}` }
}

export function latestKey(dataset: DatasetName): ObjectKey {
  return { area: 'datasets', path: `${dataset}/latest.json` }
}

function padVersion(version: number): string {
  return String(version).padStart(8, '0')
}
