import { describe, expect, test } from 'vitest'
import { checkFileName } from '../../shared/ingest/file-name.ts'
import { MOBILE_NUMBER, RESIDENT_ID, rows, takeRecords } from './sample.ts'

const layout = 'licence-2018'

describe('a file is refused by its name', () => {
  test.each([
    'ZHXYXT0000_XYSJJH2-0102_2026112008.xls',
    'ZHXYXT0000_XYSJJH2-0301_2026112008.XLSX.gz',
    'zhxyxt0000_xysjjh2-0102_2026112008.csv',
    'ＺＨＸＹＸＴ_ＸＹＳＪＪＨ２_1.csv',
    'XYSJJH-2_0102.xml',
  ])('where it is of natural persons: %s', (name) => {
    expect(checkFileName(name)).toMatchObject({ code: 'SUBJECT_NATURAL_PERSON' })
  })

  test.each([
    `${RESIDENT_ID}.csv`,
    `许可_${RESIDENT_ID}.xlsx`,
    `${RESIDENT_ID.slice(0, 17)}0.csv.gz`,
    `${MOBILE_NUMBER}.xml`,
    `licences-${MOBILE_NUMBER}-2026.json`,
    `+86 ${MOBILE_NUMBER}`,
  ])('where that is a person’s number: %s', (name) => {
    const refusal = checkFileName(name)
    expect(refusal).toEqual({ code: 'FILE_NAME_PERSONAL_DATA' })
  })
})

test.each([
  'ZHXYXT0000_XYSJJH1-0102_2026112008.xls',
  'licences-2026-11-20.csv',
  '行政处罚 20261120.xlsx',
  `${'0123456789abcdef13900000000'.padEnd(64, '0')}.ndjson`,
])('a file may be called %s', (name) => {
  expect(checkFileName(name)).toBeUndefined()
})

test('records sent under the name of a file of natural persons are refused whole', async () => {
  const { draft } = await takeRecords([rows[layout]], {
    layout,
    submissionId: 'ZHXYXT0000_XYSJJH2-0102_2026112008',
  })
  const refusal = { code: 'SUBJECT_NATURAL_PERSON', path: '/submissionId' }
  expect(draft).toMatchObject({ received: 0, parts: [], refusal })
})
