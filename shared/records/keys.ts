import { digestOf, type Sha256, sha256 } from '../base/digest.ts'
import type { Instant } from '../base/instant.ts'
import type { Key } from '../ports.ts'
import type { FactRecord, RecordOf, Sighting, Subject } from './record.ts'

/** The partition that holds every record filed under one identifier. */
export function subjectPartition(subject: Subject): string {
  const prefix = subject.kind === 'uscc' ? 'org' : subject.kind
  // Numbers of old forms (企合苏总字第000063号) come as text; hashed, they cannot break a key
  const name = /^[0-9A-Z]+$/.test(subject.value) ? subject.value : sha256(subject.value).slice(0, 32)
  return `${prefix}#${name}`
}

/** The organisation a partition belongs to; undefined where its records still wait for a USCC. */
export function partitionUscc(partition: string): string | undefined {
  return partition.startsWith('org#') ? partition.slice('org#'.length) : undefined
}

/** One key for each revision of a document; all revisions of a document sort together. */
export function recordKey(record: FactRecord, digest: Sha256): Key {
  return {
    table: 'records',
    partition: subjectPartition(record.subject),
    sort: `${documentSort(record)}#${digest}`,
  }
}

function documentSort({ type, authority, document }: Pick<FactRecord, 'type' | 'authority' | 'document'>) {
  return `${type}#${authority}#${sha256(document).slice(0, 32)}`
}

/** What the sorts of a document's revisions begin with. */
export function documentOfSort(sort: string): string {
  return sort.slice(0, sort.lastIndexOf('#'))
}

/** The `document` of a withdrawal. */
export function withdrawalDocument(type: FactRecord['type'], document: string): string {
  return `${type} ${document}`
}

/** What the sorts of the revisions begin with that a withdrawal takes back. */
export function withdrawnSort({ authority, document, facts }: RecordOf<'withdrawal'>): string {
  const type = facts.recordType
  return documentSort({ type, authority, document: document.slice(withdrawalDocument(type, '').length) })
}

/** Everything the record says takes part; when and by which submission it came does not. */
export function recordDigest(record: FactRecord): Sha256 {
  return digestOf(record)
}

export type SightingMark = Sighting & {
  /** The entry that read the row again, and whether it still came to this record. */
  readonly replay?: { readonly entry: number; readonly holds: boolean }
}

export function sightingMark({ entry, row, sentAt, replay }: SightingMark): string {
  const mark = `${padEntry(entry)}#${String(row).padStart(8, '0')}#${sentAt}`
  return replay === undefined ? mark : `${mark}#${padEntry(replay.entry)}#${replay.holds ? '+' : '-'}`
}

export function parseSightingMark(mark: string): SightingMark {
  const [entry, row, sentAt, replay, holds] = mark.split('#')
  return {
    entry: Number(entry),
    row: Number(row),
    sentAt: sentAt as Instant,
    ...(replay !== undefined && { replay: { entry: Number(replay), holds: holds === '+' } }),
  }
}

/** Twelve digits, so that text order is number order. */
export function padEntry(entry: number): string {
  return String(entry).padStart(12, '0')
}
