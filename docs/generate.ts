import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type Column,
  columnKinds,
  describeStandard,
  type Layout,
  refusalsOf,
} from '../shared/ingest/layouts/layout.ts'
import { documentKeysOf, layoutId, layouts } from '../shared/ingest/layouts/registry.ts'
import { type RefusalCode, refusalCodes, refusalReasons } from '../shared/ingest/refusal.ts'
import { withdrawableTypes } from '../shared/records/types/withdrawal.ts'

const recordRefusals = [...new Set(layouts.flatMap(refusalsOf))].sort()

/** docs/layouts.md, from the layouts themselves. `npm run docs` writes it. */
export function layoutsDocument(): string {
  return `${[
    '# Layouts',
    'What a file may look like, by layout: made from `shared/ingest/layouts/` by `npm run docs`. A header means a column under its code or any of its headers, whatever the width, spacing, brackets, underscores and marks for mandatory fields. Columns that no layout knows are dropped.',
    table(['layout', 'record type', '', ''], layouts.map(headRow)),
    '## What becomes of a cell',
    'Identifiers name the subject. Of any other column without a fact nothing is kept, and what is _dropped_ stays at the sender.',
    table(['kind', 'what its cells are', 'refused as'], Object.entries(columnKinds).map(kindRow)),
    ...layouts.map(section),
    '## Why a record is refused',
    table(['code', 'reason'], recordRefusals.map(reasonRow)),
    '## Why a file, or a row as such, is refused in any layout',
    table(['code', 'reason'], refusalCodes.filter((code) => !recordRefusals.includes(code)).map(reasonRow)),
  ].join('\n\n')}\n`
}

function headRow(layout: Layout): readonly string[] {
  const { name, recordType, title } = layout
  return [`[${layoutId(layout)}](#${name})`, recordType, title.zh, title.en]
}

function kindRow([kind, row]: readonly [string, (typeof columnKinds)[keyof typeof columnKinds]]) {
  const meaning = 'dropped' in row ? `${row.meaning}; _dropped_` : row.meaning
  return [kind, meaning, codeList(row.refusals)]
}

function section(layout: Layout): string {
  return [
    `## ${layout.name}`,
    `${layout.title.zh}. Version ${layout.version}; ${describeStandard(layout)}. ${describeNaming(layout)}`,
    table(['code', 'headers', 'kind', 'fact', ''], layout.columns.map(columnRow)),
    `Refused as: ${codeList(refusalsOf(layout))}.`,
  ].join('\n\n')
}

function describeNaming({ recordType, documentKeys, revisionFact }: Layout): string {
  const keys = documentKeys.map((facts) => facts.join(' and ')).join(', else ')
  const revision =
    revisionFact === undefined ? '' : ` Of its revisions the one with the greatest ${revisionFact} stands.`
  if (recordType === 'withdrawal') return describeWithdrawal()
  return keys === ''
    ? `One document for each subject.${revision}`
    : `A document is named by ${keys}.${revision}`
}

function describeWithdrawal(): string {
  const named = withdrawableTypes.map((type) => {
    const keys = documentKeysOf(type).map((facts) => facts.join(' and '))
    return `${type} by ${keys.length === 0 ? 'the subject alone' : keys.join(', else ')}`
  })
  return `It names what it takes back: ${named.join('; ')}.`
}

function columnRow(column: Column): readonly string[] {
  const { code, headers, kind, fact = '' } = column
  return [`\`${code}\``, headers.join(' · '), kind, fact, describeLimits(column)]
}

function describeLimits({ fact, required, orElse, codes, maxLength = 4_000 }: Column): string {
  const values = Object.entries(codes ?? {}).map(([from, to]) => `${from} → ${to === '' ? 'nothing' : to}`)
  return [
    required && 'required',
    orElse && `or else ${orElse}`,
    fact !== undefined && maxLength !== 4_000 && `at most ${maxLength} characters`,
    values.join(', '),
  ]
    .filter(Boolean)
    .join('; ')
}

function reasonRow(code: RefusalCode): readonly string[] {
  return [`\`${code}\``, refusalReasons[code]]
}

function codeList(codes: readonly string[]): string {
  return codes.map((code) => `\`${code}\``).join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

if (import.meta.main) writeFileSync(fileURLToPath(new URL('layouts.md', import.meta.url)), layoutsDocument())
