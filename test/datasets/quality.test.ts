import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonColumns } from '../../shared/datasets/columns.ts'
import { type Engine, literal, withEngine } from '../../shared/datasets/engine.ts'
import { countFailing } from '../../shared/datasets/failing-rows.ts'
import { qualityRules } from '../../shared/datasets/quality-rules.ts'
import { day } from '../fusion/records.ts'
import { codeOf } from './home.ts'

const TODAY = day('2026-06-01')

const sound = {
  uscc: codeOf(1),
  name: '甲公司',
  registration_status: '存续',
  registration_number: '310000000000017',
  organisation_type: '个人独资企业',
  approved_on: '2020-01-01',
  established_on: '2019-01-01',
  licences: [{ valid_from: '2026-06-01', valid_to: '2026-06-01', decided_on: '2026-05-01' }],
  penalties: [{ kinds: ['罚款'], fine_yuan: '5', decided_on: '2023-06-01', published_to: '2026-06-01' }],
  abnormal_listings: [{ listed_on: '2023-06-01', published_to: '2026-06-01' }],
  serious_listings: [{ listed_on: '2023-06-01', published_to: '2026-06-01' }],
  judgment_defaults: [{ decided_on: '2023-06-01', published_to: '2026-06-01' }],
  tax_violations: [{ decided_on: '2023-06-01', published_to: '2026-06-01' }],
}

/** Of an adverse list: ended yesterday, without an end, and longer than three years. */
const shownTooLong = (rule: string, list: string, decidedOn: string) =>
  [
    { [decidedOn]: '2026-01-01', published_to: '2026-05-31' },
    { [decidedOn]: '2026-05-31' },
    { [decidedOn]: '2023-05-31', published_to: '2026-06-02' },
  ].map((entry) => [rule, [{ ...sound, [list]: [entry] }]] as const)

async function write(engine: Engine, rows: readonly object[], select = '*'): Promise<string> {
  const [lines, file] = [join(engine.directory, 'lines'), join(engine.directory, 'file')]
  await writeFile(lines, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const from = `read_json(${literal(lines)}, format = 'newline_delimited', columns = ${jsonColumns})`
  await engine.run(`COPY (SELECT ${select} FROM ${from}) TO ${literal(file)} (FORMAT parquet)`)
  return file
}

/** How many rows fail which rule; rules that none fails are left out. */
function failing(rows: readonly object[], select?: string): Promise<object> {
  return withEngine(async (engine) => {
    const counts = await countFailing(engine, await write(engine, rows, select), TODAY)
    return Object.fromEntries([...counts].filter(([, count]) => count > 0))
  })
}

test('a sound row, with a licence and a penalty on their last day, fails nothing', async () => {
  expect(await failing([sound])).toEqual({})
})

const unsound: readonly (readonly [rule: string, rows: readonly object[]])[] = [
  ['code-repeated', [sound, sound]],
  ['code-invalid', [{ ...sound, uscc: `${codeOf(1).slice(0, 17)}0` }]],
  ['code-invalid', [{ ...sound, uscc: codeOf(1).toLowerCase() }]],
  ['individual-business', [{ ...sound, uscc: codeOf(1, '92') }]],
  ['individual-business', [{ ...sound, registration_number: '310000600000011' }]],
  ['individual-business', [{ ...sound, registration_number: '310000-600000011' }]],
  ['individual-business', [{ ...sound, organisation_type: '个 体 工商户' }]],
  ['individual-business', [{ ...sound, organisation_type: '家庭经营' }]],
  ['name-absent', [{ ...sound, name: null }]],
  ...shownTooLong('penalty-ended', 'penalties', 'decided_on'),
  ...shownTooLong('abnormal-listing-ended', 'abnormal_listings', 'listed_on'),
  ...shownTooLong('serious-listing-ended', 'serious_listings', 'listed_on'),
  ...shownTooLong('judgment-default-ended', 'judgment_defaults', 'decided_on'),
  ...shownTooLong('tax-violation-ended', 'tax_violations', 'decided_on'),
  ['licence-not-in-force', [{ ...sound, licences: [{ decided_on: '2026-01-01', valid_to: '2026-05-31' }] }]],
  [
    'licence-not-in-force',
    [{ ...sound, licences: [{ decided_on: '2026-01-01', valid_from: '2026-06-02' }] }],
  ],
  ['licence-not-in-force', [{ ...sound, licences: [{ decided_on: '2026-01-01', status: 'invalid' }] }]],
  ['registration-absent', [{ uscc: codeOf(1), name: '甲公司', licences: [], penalties: [] }]],
  ['date-implausible', [{ ...sound, approved_on: '2026-06-02' }]],
  ['date-implausible', [{ ...sound, established_on: '1899-12-31' }]],
  ['date-implausible', [{ ...sound, licences: [{ decided_on: '2026-06-02' }] }]],
  ['approved-before-established', [{ ...sound, approved_on: '2018-01-01' }]],
  ['operating-period-reversed', [{ ...sound, operating_from: '2026-01-01', operating_to: '2025-12-31' }]],
  [
    'fine-without-amount',
    [{ ...sound, penalties: [{ kinds: ['罚款'], decided_on: '2026-01-01', published_to: '2026-06-01' }] }],
  ],
]

test.each(unsound)('%s is found, and nothing else', async (rule, rows) => {
  expect(await failing(rows)).toEqual({ [rule]: 1 })
})

test('a file with a narrative column, or without one of the published, is not one of ours', async () => {
  expect(await failing([sound], "*, '违法事实' AS grounds")).toEqual({ 'columns-differ': 1 })
  expect(await failing([sound], '* EXCLUDE (sources)')).toEqual({ 'columns-differ': 1 })
  expect(await failing([sound], '* REPLACE (approved_on::VARCHAR AS approved_on)')).toEqual({
    'columns-differ': 1,
  })
})

test('every rule that is counted by file has a row here that fails it', () => {
  const counted = qualityRules.filter((rule) => 'failing' in rule).map(({ id }) => id)
  expect(new Set(unsound.map(([rule]) => rule))).toEqual(new Set(counted))
})
