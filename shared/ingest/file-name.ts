import { parseInstant } from '../base/instant.ts'
import { findPersonalDataInId } from '../identity/personal-data.ts'
import { ENVELOPE_VERSION, type SubmissionHead, submissionHeadSchema } from './envelope.ts'
import { type FileFormat, formats } from './formats/registry.ts'
import type { Refusal } from './refusal.ts'

/** What the name of a file says of it, packed by gzip or not; undefined where its ending is none that is known here. */
export function parseFileName(
  name: string,
): { readonly stem: string; readonly format: FileFormat } | undefined {
  const [, stem, ending] = /^(.+)\.([a-z]+)$/i.exec(name.replace(/\.gz$/i, '')) ?? []
  const format = formats.find(({ endings }) => endings.some((each) => each === ending?.toLowerCase()))
  return stem === undefined || format === undefined ? undefined : { stem, format: format.name }
}

/**
 * Why nothing is read of a file that has this name, or that was sent under it as an id: exchange files are called
 * `…_XYSJJH1-0102_2026112008.xls` where they hold organisations, and `XYSJJH2` where they hold natural persons; and a
 * name that is a person's number tells of that person.
 */
export function checkFileName(name: string): Omit<Refusal, 'path'> | undefined {
  if (NATURAL_PERSONS.test(name.normalize('NFKC'))) {
    return { code: 'SUBJECT_NATURAL_PERSON', detail: 'By its name (XYSJJH2) the file holds natural persons.' }
  }
  // Without its ending a name that is a digest is known as one: chance makes numbers in it
  const stem = parseFileName(name)?.stem ?? name
  return findPersonalDataInId(stem) === undefined ? undefined : { code: 'FILE_NAME_PERSONAL_DATA' }
}

const NATURAL_PERSONS = /XYSJJH[-_ ]*2/i

/** Whose a dropped file is, and what its name says of it or why it says nothing. */
export type Drop = { readonly authority: string } & (
  | { readonly head: SubmissionHead }
  | { readonly refusal: Refusal }
)

/**
 * Reads the name of a dropped file: `<authority>/drop/<layout>/<submissionId>.csv` (or another format's ending).
 * Undefined where it was not dropped, so that a pointer will name it, and for what only stands for a folder.
 */
export function parseDropKey(key: string, sentAt: string): Drop | undefined {
  const [, authority, path = ''] = /^([a-z0-9-]+)\/drop\/(.*[^/])$/s.exec(key) ?? []
  if (authority === undefined) return undefined
  const [layout, name = '', ...deeper] = path.split('/')
  const head = submissionHeadSchema.safeParse({
    schemaVersion: ENVELOPE_VERSION,
    submissionId: parseFileName(name)?.stem,
    layout,
    sentAt: parseInstant(sentAt),
  })
  if (head.success && deeper.length === 0) return { authority, head: head.data }
  return { authority, refusal: { code: 'DROP_NAME_MALFORMED', path: '/object', ...checkFileName(name) } }
}
