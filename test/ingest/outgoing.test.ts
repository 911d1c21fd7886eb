import { describe, expect, test } from 'vitest'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { outgoingRecords } from '../../shared/ingest/outgoing.ts'
import { recordRows } from '../../shared/ingest/rows.ts'
import { codeOf } from '../records/world.ts'
import { type LayoutName, MOBILE_NUMBER, RESIDENT_ID, rows, type SampleRow, takeRecords } from './sample.ts'

const GROUND = `张三，公民身份号码${RESIDENT_ID}`

describe('what leaves the sender’s machine', () => {
  test('is the cells that the layout keeps, and none about people', () => {
    const sent = leaving('penalty-2018', { CF_FDDBR: '张三', 联系电话: MOBILE_NUMBER })
    expect(sent).toEqual(rows['penalty-2018'])
  })

  test('and nothing that stands in the place of an identifier and is none', () => {
    const sent = leaving('penalty-2018', { CF_XDR_GSZC: '张三', CF_XDR_ZZJG: MOBILE_NUMBER })
    expect(sent).toEqual(rows['penalty-2018'])
  })

  // Each is refused for another reason first, and its text is not looked at by that refusal
  test.each<[string, SampleRow]>([
    ['USCC_CHECK_FAILED', { CF_XDR_SHXYM: `${codeOf(1).slice(0, -1)}0` }],
    ['SUBJECT_IDENTIFIER_MISSING', { CF_XDR_SHXYM: '' }],
    ['SUBJECT_IDENTIFIER_INVALID', { CF_XDR_SHXYM: '99999919700101' }],
    ['FIELD_VALUE_UNKNOWN', { CF_XDR_LB: '其他' }],
    ['TEXT_NOT_WELL_FORMED', { CF_XDR_MC: '\ud800' }],
  ])('holds no text of a row that any deployment refuses: %s', (code, cells) => {
    const sent = JSON.stringify(leaving('penalty-2018', { ...cells, CF_SY: GROUND }))
    expect(sent).toContain(`{"@refused":{"code":"${code}"`)
    expect(sent).not.toContain(RESIDENT_ID)
    expect(sent).not.toContain('张三')
  })

  test('holds no person’s text where the deployment’s policy would refuse the row for another reason', () => {
    const individualBusiness = { CF_XDR_LB: '个体工商户', CF_SY: GROUND }
    const refused = { '@refused': { code: 'TEXT_PERSONAL_DATA', path: '/CF_SY' } }
    expect(leaving('penalty-2018', individualBusiness)).toEqual(refused)
  })

  test.each<[string, SampleRow]>([
    ['an individual business', { CF_XDR_LB: '个体工商户' }],
    ['a decision dated ahead', { CF_JDRQ: '2099-01-01' }],
  ])('leaves to the deployment what its policy or its clock decides: %s', (_, cells) => {
    expect(leaving('penalty-2018', cells)).toEqual({ ...rows['penalty-2018'], ...cells })
  })

  test.each<[LayoutName, SampleRow]>([
    ['penalty-2018', {}],
    ['penalty-2018', { CF_SY: GROUND }],
    ['penalty-2018', { CF_XDR_SHXYM: RESIDENT_ID }],
    ['penalty-2018', { CF_XDR_SHXYM: '', CF_SY: GROUND }],
    ['penalty-2018', { CF_JDRQ: '2026-02-30' }],
    ['penalty-2018', { CF_XDR_LB: '个体工商户' }],
    ['penalty-2018', { CF_XDR_GSZC: '330200600012341' }],
    ['penalty-2018', { CF_XDR_GSZC: '张三' }],
    ['licence-2018', { XK_WSH: '' }],
    ['registration', { uni_social_crd_cd: '' }],
  ])('comes to what the whole row would have come to: %s %j', async (layout, cells) => {
    const sent = await takeRecords([leaving(layout, cells)], { layout })
    const whole = await takeRecords([{ ...rows[layout], ...cells }], { layout })
    expect(sent.outcomes).toEqual(whole.outcomes)
    expect(sent.records).toEqual(whole.records)
  })
})

function leaving(name: LayoutName, cells: SampleRow): unknown {
  const layout = findLayout(name)
  if (layout === undefined) throw new Error(`no layout ${name}`)
  const [record] = outgoingRecords(layout, recordRows(layout, [{ ...rows[name], ...cells }]))
  return record
}

test.each([
  ['DATE_INVALID', 'DATE_INVALID'],
  ['HEADER_AMBIGUOUS', 'HEADER_AMBIGUOUS'],
  ['FORMULA_CELL', 'FORMULA_CELL'],
  ['SIGNATURE_INVALID', undefined],
  ['SUBMISSION_DEAD', undefined],
  ['MENDS_LAPSED', undefined],
  ['NOTHING_OF_OURS', undefined],
])('a sender may have refused a record before for what records are refused for: %s', (code, told) => {
  const layout = findLayout('penalty-2018')
  if (layout === undefined) throw new Error('no such layout')
  const [row] = recordRows(layout, [{ '@refused': { code, path: '' } }])
  expect(row && 'fault' in row ? row.fault : undefined).toBe(told)
})
