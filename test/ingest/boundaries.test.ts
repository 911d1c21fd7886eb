import { describe, expect, test } from 'vitest'
import { organisationCodeCheck } from '../../shared/identity/organisation-code.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { minimiseRow } from '../../shared/ingest/minimise.ts'
import { recordRows } from '../../shared/ingest/rows.ts'
import { policySchema } from '../../shared/settings.ts'
import { day } from '../fusion/records.ts'
import { codeOf } from '../records/world.ts'
import { MOBILE_NUMBER, minimalRow, RESIDENT_ID, type SampleRow, takeRecords } from './sample.ts'

// What the system refuses to be (README), asked of every layout there is: a new one is asked the same

const INDIVIDUAL = codeOf(1, '92')
/** Passes its check; its seventh digit is 6. */
const INDIVIDUAL_NUMBER = '330200600012348'
const identifierKinds = ['uscc', 'identifier', 'organisation-code', 'registration-number', 'tax-number']

/** What a row comes to: the record and what is kept beside it, or the whole refusal. */
function readOf(layout: Layout, cells: SampleRow, policy = {}): ReturnType<typeof minimiseRow> {
  const [row] = recordRows(layout, [{ ...minimalRow(layout), ...cells }])
  const context = { layout, authority: 'authority-0', policy: policySchema.parse(policy) }
  return minimiseRow(row ?? expect.fail('no row'), { ...context, today: day('2026-06-01') })
}

function outcomeOf(layout: Layout, cells: SampleRow, policy = {}): string {
  const read = readOf(layout, cells, policy)
  return 'code' in read ? read.code : JSON.stringify(read)
}

function codesOf(layout: Layout, kinds: readonly string[]): readonly string[] {
  return layout.columns.filter(({ kind }) => kinds.includes(kind)).map(({ code }) => code)
}

describe.each(layouts)('$name', (layout) => {
  const identifiers = codesOf(layout, identifierKinds)

  test('keeps its sample', () => {
    expect(outcomeOf(layout, {})).toContain(codeOf(1))
  })

  test('refuses a natural person in whatever column of identifiers the number stands', () => {
    for (const code of identifiers) {
      for (const cell of [RESIDENT_ID, ` ${RESIDENT_ID.toLowerCase()}`, fullWidth(RESIDENT_ID)]) {
        expect(outcomeOf(layout, { [code]: cell }), code).toBe('SUBJECT_NATURAL_PERSON')
      }
    }
  })

  test('refuses a natural person by a document of one, beside a code that holds', () => {
    const codes = codesOf(layout, ['subject-person'])
    expect(codes.length, 'a column for the documents of a person').toBeGreaterThan(0)
    for (const code of codes) {
      expect(outcomeOf(layout, { [code]: RESIDENT_ID }), code).toBe('SUBJECT_NATURAL_PERSON')
    }
  })

  test('refuses a natural person by its class, where it has a column for classes', () => {
    for (const code of codesOf(layout, ['subject-class'])) {
      for (const cell of ['自然人', '自然人（个人）', ' 自然人 ']) {
        expect(outcomeOf(layout, { [code]: cell }), code).toBe('SUBJECT_NATURAL_PERSON')
      }
      expect(outcomeOf(layout, { [code]: '法人及非法人组织' })).toContain(codeOf(1))
    }
  })

  test('refuses a natural person by what only people have, where it has a column for that', () => {
    for (const code of codesOf(layout, ['person-trait'])) {
      for (const cell of ['男', '46'])
        expect(outcomeOf(layout, { [code]: cell })).toBe('SUBJECT_NATURAL_PERSON')
      for (const cell of ['', '0', '—']) expect(outcomeOf(layout, { [code]: cell })).toContain(codeOf(1))
    }
  })

  test('refuses an individual business by its code and number, unless the policy admits it', () => {
    const admitting = { admitIndividualBusinesses: true }
    for (const code of codesOf(layout, ['uscc', 'identifier'])) {
      expect(outcomeOf(layout, { [code]: INDIVIDUAL }), code).toBe('SUBJECT_INDIVIDUAL_BUSINESS')
      expect(outcomeOf(layout, { [code]: INDIVIDUAL }, admitting)).toMatch(/92330200|IDENTIFIERS_DISAGREE/)
    }
    for (const code of codesOf(layout, ['registration-number'])) {
      expect(outcomeOf(layout, { [code]: INDIVIDUAL_NUMBER }), code).toBe('SUBJECT_INDIVIDUAL_BUSINESS')
    }
    for (const code of codesOf(layout, ['subject-class'])) {
      expect(outcomeOf(layout, { [code]: '个体工商户' }), code).toBe('SUBJECT_INDIVIDUAL_BUSINESS')
    }
  })

  test('keeps nothing of what is about people', () => {
    const codes = codesOf(layout, ['person', 'subject-person', 'transport'])
    const cells = Object.fromEntries(codes.map((code) => [code, '某某某']))
    expect(outcomeOf(layout, cells)).toContain(codeOf(1))
    expect(outcomeOf(layout, cells)).not.toContain('某某某')
  })

  test('keeps no cell of an identifier that it could not read, beside one that holds', () => {
    const told = layout.columns.filter(({ fact, kind }) => fact !== undefined && kind === 'identifier')
    for (const code of identifiers.filter((each) => !told.some((column) => column.code === each))) {
      const kept = outcomeOf(layout, { [code]: '某某某' })
      if (kept.startsWith('{')) expect(kept, code).not.toContain('某某某')
    }
  })

  test('has a column for whoever represents the organisation, and drops it', () => {
    const spellings = layout.columns.filter(({ kind }) => kind === 'person').flatMap(({ headers }) => headers)
    expect(spellings).toEqual(expect.arrayContaining(['法定代表人']))
  })

  test('refuses a person’s number in every text it keeps', () => {
    for (const { code, kind, fact } of layout.columns) {
      if (fact === undefined || !['text', 'list', 'capital', 'capital-in-yuan'].includes(kind)) continue
      for (const cell of [`经办人 ${RESIDENT_ID}`, `电话${MOBILE_NUMBER}`, fullWidth(MOBILE_NUMBER)]) {
        expect(outcomeOf(layout, { [code]: cell }), code).toBe('TEXT_PERSONAL_DATA')
      }
    }
  })

  test('repeats no value of a row that it refuses, and keeps none that it drops', () => {
    for (const { code } of layout.columns) {
      for (const cell of [`某某 ${RESIDENT_ID}`, '某某', `某某${'甲'.repeat(30_000)}`]) {
        const read = readOf(layout, { [code]: cell })
        const told = 'code' in read ? JSON.stringify(read) : ''
        expect(told, code).not.toMatch(/某某|甲|999999197001010/)
        if (cell.includes(RESIDENT_ID)) expect(JSON.stringify(read), code).not.toMatch(/某某|999999197001010/)
      }
    }
  })

  test('takes a lesser identifier where there is no code, and waits', () => {
    const [code] = codesOf(layout, ['uscc', 'identifier'])
    const other = codesOf(layout, ['organisation-code'])[0] ?? code
    if (code === undefined || other === undefined) expect.fail('no column for identifiers')
    const organisationCode = `YY000009${organisationCodeCheck('YY000009')}`
    expect(outcomeOf(layout, { [code]: '', [other]: organisationCode })).toContain('organisation-code')
  })
})

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}

test.each(['某某', 'Mou Mou', '待定'])(
  'what stands in the place of a capital and states no amount is not kept: %s',
  async (stated) => {
    const row = { comp_nm: '示例有限公司', uni_social_crd_cd: codeOf(1), reg_capt: stated }
    const { records } = await takeRecords([row], { layout: 'registration' })
    expect(records.map(({ facts }) => facts)).toEqual([{ name: '示例有限公司' }])
  },
)
