import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync, zstdDecompressSync } from 'node:zlib'
import * as excel from '@e965/xlsx'
import Papa from 'papaparse'
import { beforeEach, describe, expect, test } from 'vitest'
import { stagesOf } from '../../bin/home-session.ts'
import { faultCode } from '../../bin/session.ts'
import { createApi } from '../../shared/api/app.ts'
import type { Routes } from '../../shared/api/routes.ts'
import { parseFiles } from '../../shared/aws/landing.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { refusedId, refuseUnread } from '../../shared/ingest/accept.ts'
import { formats } from '../../shared/ingest/formats/registry.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { openTokenVerifier } from '../../shared/principals/token.ts'
import { findAuthority } from '../../shared/settings.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { formatOf, writings as waysToWrite, write } from './any-submission.ts'
import {
  MOBILE_NUMBER,
  minimalRow,
  outcomeOf,
  RESIDENT_ID,
  rows,
  type SampleRow,
  takeRecords,
} from './sample.ts'

const TEMPLATE = fileURLToPath(new URL('../../examples/deployment', import.meta.url))

/** A person's numbers in the ways people write them. */
const writings: readonly string[] = [
  RESIDENT_ID,
  RESIDENT_ID.toLowerCase(),
  fullWidth(RESIDENT_ID),
  RESIDENT_ID.replace(/(.{6})(.{8})(.{4})/, '$1 $2 $3'),
  RESIDENT_ID.replace(/(.{6})(.{8})(.{4})/, '$1-$2-$3'),
  `证件号${RESIDENT_ID}号`,
  `某某(${RESIDENT_ID})`,
  MOBILE_NUMBER,
  fullWidth(MOBILE_NUMBER),
  `+86 ${MOBILE_NUMBER}`,
  `86${MOBILE_NUMBER}`,
  MOBILE_NUMBER.replace(/(.{3})(.{4})(.{4})/, '$1-$2-$3'),
  `某某，电话${MOBILE_NUMBER}。`,
  `ID${RESIDENT_ID}`,
  RESIDENT_ID.replace(/(.{6})(.{8})(.{4})/, '$1.$2.$3'),
  RESIDENT_ID.replace(/(.{6})(.{8})(.{4})/, '$1\n$2\n$3'),
  `Tel${MOBILE_NUMBER}`,
  `0${MOBILE_NUMBER}`,
  MOBILE_NUMBER.replace(/(.{3})(.{4})(.{4})/, '$1.$2.$3'),
]

/** Wider apart than any text parts a number, and gone where documents' numbers and codes are folded. */
const wideApart: readonly string[] = [
  RESIDENT_ID.replace(/(.{6})(.{8})(.{4})/, '$1     $2     $3'),
  RESIDENT_ID.replace(/(.{6})(.{8})(.{4})/, '$1\n\n\n\n$2\u3000\u3000\u3000\u3000$3'),
  MOBILE_NUMBER.replace(/(.{3})(.{4})(.{4})/, '$1    $2    $3'),
]

describe('of a person’s number sent in', () => {
  let home: Home
  let api: Routes
  let answers: { readonly status: number; readonly text: string }[]
  let submissions: number
  /** What goes to the operator. */
  let reports: string[]

  beforeEach(async () => {
    home = await openHome({ directory: await temporaryDirectory(), template: TEMPLATE })
    const verifyToken = openTokenVerifier(home.issuer.trusted)
    api = createApi({
      world: home,
      verifyToken,
      stages: stagesOf(home),
      onFault: (fault) => reports.push(faultCode(fault)),
    })
    answers = []
    reports = []
    submissions = 0
    // Something stays of this one: otherwise the tests could not fail
    await send({ records: [rows['licence-2018']] })
  })

  test.each(layouts)('any column of $name, nothing stays', async (layout) => {
    const polluted = layout.columns.flatMap((column) =>
      [...writings, ...wideApart].map((value) => ({ ...minimalRow(layout), [column.code]: value })),
    )
    await sendEveryWay(layout.name, polluted)
    await expectNowhere()
  })

  test.each(layouts)('a header of $name, nothing stays', async (layout) => {
    for (const value of writings.filter((_, at) => at % 2 === 0)) {
      await sendEveryWay(layout.name, [{ ...minimalRow(layout), [value]: 'x' }])
      await send({
        layout: layout.name,
        file: ['text/csv', `${value}\n${csvOf([minimalRow(layout)])}`],
      })
    }
    await expectNowhere()
  })

  test('a column that no layout knows, nothing stays', async () => {
    for (const layout of layouts) {
      const row = minimalRow(layout)
      await sendEveryWay(
        layout.name,
        writings.map((value) => ({ ...row, 联系电话: value })),
      )
    }
    await expectNowhere()
  })

  test('what is no table and no record, nothing stays', async () => {
    for (const value of [RESIDENT_ID, fullWidth(RESIDENT_ID), MOBILE_NUMBER]) {
      for (const text of [
        value,
        `"${value}`,
        `{"${value}`,
        `[["${value}"]]`,
        `"${value}"`,
        `{"a":{"${value}":1}}`,
      ]) {
        await send({ file: ['text/csv', text] })
        await send({ file: ['text/csv', `${csvOf([rows['licence-2018']])}\n"${text}`] })
        await send({ file: ['application/x-ndjson', text] })
        await send({ file: ['text/plain', text] })
        await send({ file: ['application/json', text] })
      }
      await send({ records: [value, [value], { XK_NR: { [value]: value } }, { XK_NR: [value] }] })
    }
    await expectNowhere()
  })

  test('the envelope, nothing stays', async () => {
    for (const value of [RESIDENT_ID, MOBILE_NUMBER]) {
      const heads: readonly Readonly<Record<string, string>>[] = [
        { submissionId: value },
        { submissionId: `batch-${value}` },
        { layout: value },
        { layout: `licence-2018@${value}` },
        { sentAt: value },
        { schemaVersion: value },
        { [value]: value },
      ]
      for (const head of heads) {
        await sendHead(head)
        await sendFile(headOf(head), ['text/csv', csvOf([rows['licence-2018']])])
      }
      await call({ path: `/v1/receipts/demo-market-regulator/${value}` })
      await call({ path: `/v1/receipts/${value}/s1` })
    }
    await expectNowhere()
  })

  test('what a file says beside its records, nothing stays', async () => {
    for (const value of [RESIDENT_ID, MOBILE_NUMBER, fullWidth(RESIDENT_ID)]) {
      const cell = {
        t: 's',
        v: '示例局',
        c: [{ a: value, t: value }],
        l: { Target: `http://${value}.example/` },
      }
      const table = [
        Object.keys(rows['licence-2018']),
        [...Object.values(rows['licence-2018']).slice(0, -1), cell],
      ]
      const book = excel.utils.book_new(excel.utils.aoa_to_sheet(table), value)
      book.Props = { Author: value, Title: value, Comments: value }
      for (const bookType of ['xlsx', 'biff8', 'xlsb', 'ods'] as const) {
        await send({ file: ['application/octet-stream', excel.write(book, { type: 'buffer', bookType })] })
      }
      const message = (head: string) => `<ExchangeMessage a="${value}"><!--${value}-->${head}<Body><fields>`
      for (const xml of [
        `${message(`<Header><a>${value}</a></Header>`)}<XK_WSH>1`,
        `${message('')}<XK_WSH x="${value}">1</XK_WSH></fields></Body></ExchangeMessage>`,
        `<?xml version="1.0" encoding="${value}"?>${message('')}&${value};`,
        `<!DOCTYPE a [<!ENTITY x "${value}">]>${message('')}&x;`,
        `<x${value}/>`,
      ]) {
        await send({ file: ['application/xml', xml] })
      }
      const named = gzipSync(Buffer.from(csvOf([rows['licence-2018']])))
      // RFC 1952, 2.3: with the flag FNAME the name of the file follows the header
      named[3] = 8
      const name = Buffer.from(`${value}.csv\0`)
      await send({
        file: ['application/gzip', Buffer.concat([named.subarray(0, 10), name, named.subarray(10)])],
      })
    }
    await expectNowhere()
  })

  test('the name of a file, nothing stays', async () => {
    for (const value of [RESIDENT_ID, MOBILE_NUMBER]) {
      for (const name of [value, `${value}.csv`, `ZHXYXT0000_XYSJJH2-0102_${value}`]) {
        await sendFile(headOf({ submissionId: name }), ['text/csv', csvOf([rows['licence-2018']])])
        const files = parseFiles({
          Records: [
            {
              eventTime: '2026-11-23T08:00:00.000Z',
              s3: { object: { key: `demo-market-regulator/drop/licence-2018/${name}.xls`, versionId: 'v1' } },
            },
          ],
        })
        for (const file of files) {
          if ('head' in file) expect.fail('a name was taken for an id')
          const authority = findAuthority(home.settings, file.authority)
          if (authority === undefined) expect.fail('no such authority')
          const { refusal } = file
          const sha = sha256(`${file.key}\n${file.versionId}`)
          await refuseUnread(home, { authority, refusal, sha256: sha, sizeBytes: 0 })
          await call({ path: `/v1/receipts/demo-market-regulator/${refusedId(sha)}` })
        }
        expect(answers.at(-1)?.text).toMatch(/FILE_NAME_PERSONAL_DATA|SUBJECT_NATURAL_PERSON/)
      }
    }
    await expectNowhere()
  })

  type Sending = {
    readonly layout?: string
    readonly records?: readonly unknown[]
    readonly file?: readonly [contentType: string, content: string | Uint8Array]
  }

  async function send({ layout = 'licence-2018', records, file }: Sending): Promise<void> {
    const head = headOf({ layout })
    if (file === undefined) await sendHead({ ...head, records })
    else await sendFile(head, file)
  }

  function headOf(cells: Readonly<Record<string, unknown>>) {
    const sentAt = '2026-01-01T00:00:00Z'
    return { submissionId: `s${++submissions}`, layout: 'licence-2018', sentAt, ...cells }
  }

  async function sendHead(cells: Readonly<Record<string, unknown>>): Promise<void> {
    const json = { schemaVersion: '1', records: [rows['licence-2018']], ...headOf(cells) }
    await call({ path: '/v1/submissions', json })
  }

  async function sendFile(
    query: Readonly<Record<string, unknown>>,
    [contentType, content]: readonly [string, string | Uint8Array],
  ) {
    const path = `/v1/submissions?${new URLSearchParams(query as Record<string, string>)}`
    await call({ path, file: { contentType, bytes: new Uint8Array(Buffer.from(content)) } })
  }

  async function sendEveryWay(layout: string, some: readonly SampleRow[]): Promise<void> {
    await send({ layout, records: some })
    const header = [...new Set(some.flatMap((row) => Object.keys(row)))]
    const table = { header, rows: some.map((row) => header.map((name) => row[name] ?? '')) }
    for (const writing of waysToWrite) {
      const format = formats.find(({ name }) => name === formatOf[writing])
      await send({ layout, file: [format?.mediaTypes[0] ?? '', write(table, writing)] })
    }
  }

  type Request = {
    readonly path: string
    readonly json?: unknown
    readonly file?: { readonly contentType: string; readonly bytes: Uint8Array<ArrayBuffer> }
  }

  async function call({ path, json, file }: Request): Promise<void> {
    const headers = {
      authorization: `Bearer ${await home.issuer.issue('demo-market-regulator')}`,
      'content-type': file?.contentType ?? 'application/json',
    }
    const body = file === undefined ? JSON.stringify(json) : file.bytes
    const init = body === undefined ? { headers } : { method: 'POST', headers, body }
    const response = await api.request(path, init)
    answers.push({ status: response.status, text: await response.text() })
  }

  async function expectNowhere(): Promise<void> {
    while ((await workRound(home, (fault) => reports.push(JSON.stringify(fault)))) > 0) {}
    for (let at = 1; at <= submissions; at++)
      await call({ path: `/v1/receipts/demo-market-regulator/s${at}` })
    home.close()
    const files = await readFiles(home.directory)
    const places = [...files, ...answers.map(({ text }) => text), ...reports]
    expect(files.filter((file) => file.includes('示例有限公司')).length).toBeGreaterThan(1)
    expect(answers.some(({ text }) => text.includes('"accepted":1,'))).toBe(true)
    for (const place of places) {
      for (const number of [RESIDENT_ID.slice(0, 17), MOBILE_NUMBER]) {
        const folded = place.normalize('NFKC').replace(/(?<=\d)[ -](?=\d)/g, '')
        const at = folded.indexOf(number)
        if (at !== -1) expect.fail(`found in ${folded.slice(Math.max(0, at - 200), at + 50)}`)
      }
    }
  }
})

describe('where documents have their numbers', () => {
  const places = [
    ['licence-2018', 'XK_WSH'],
    ['licence-2018', 'XK_XKBH'],
    ['penalty-2018', 'CF_WSH'],
  ] as const

  test.each(places)('a person’s number is refused, in %s %s', async (layout, column) => {
    for (const value of [...writings, ...wideApart]) {
      expect(await outcomeOf(layout, { [column]: value }), value).toBe('TEXT_PERSONAL_DATA')
    }
  })

  test.each(places)(
    'eleven digits that begin with a division are a number, in %s %s',
    async (layout, column) => {
      for (const value of ['13010200123', ' １５０２０２１２３４５ ']) {
        expect(await outcomeOf(layout, { [column]: value }), value).toBe('accepted')
      }
    },
  )

  test.each(places)(
    'fifteen digits that begin with a division are a number, in %s %s',
    async (layout, column) => {
      for (const value of ['330203700101002', ' ３３０２０３７００１０１００２ ']) {
        expect(await outcomeOf(layout, { [column]: value }), value).toBe('accepted')
      }
      expect(await outcomeOf(layout, { [column]: '某某330203700101002' })).toBe('TEXT_PERSONAL_DATA')
    },
  )

  test('a registration number that does not hold, and could be an old resident ID, is dropped and no more', async () => {
    expect(await outcomeOf('registration', { reg_no: '330203300101002' })).toBe('accepted')
    const { records } = await takeRecords([{ ...rows.registration, reg_no: '330203300101002' }], {
      layout: 'registration',
    })
    expect(records[0]).toMatchObject({ otherIdentifiers: [], facts: { name: '示例有限公司' } })
    expect(JSON.stringify(records)).not.toContain('330203300101002')
  })

  test.each([
    '示许〔2026〕第13900000000001号',
    '330203202601010013',
    'TS1833123-2024',
    'SC10633020300123',
    '(2026)甬0203行审139号',
    '2026-13900000000',
  ])('a number like any other is taken: %s', async (value) => {
    expect(await outcomeOf('licence-2018', { XK_WSH: value, XK_XKBH: value })).toBe('accepted')
  })
})

test.each(wideApart)('where there is a code a person’s number is refused: %j', async (value) => {
  expect(await outcomeOf('licence-2018', { XK_XKJGDM: value })).toBe('TEXT_PERSONAL_DATA')
  expect(await outcomeOf('penalty-2018', { CF_SJLYDM: value.replaceAll(' ', '-') })).toBe(
    'TEXT_PERSONAL_DATA',
  )
})

describe('text', () => {
  test.each(writings)('is refused that says %s', async (value) => {
    expect(await outcomeOf('licence-2018', { XK_NR: `经办人 ${value}` })).toBe('TEXT_PERSONAL_DATA')
    expect(await outcomeOf('penalty-2018', { CF_SY: `经办人 ${value}` })).toBe('TEXT_PERSONAL_DATA')
    expect(await outcomeOf('registration', { opt_scop: `联系人 ${value}` })).toBe('TEXT_PERSONAL_DATA')
  })

  test.each([
    [
      'a resident ID whose check fails',
      `${RESIDENT_ID.slice(0, 17)}${RESIDENT_ID.endsWith('0') ? '1' : '0'}`,
    ],
    ['eighteen digits with no birth date in them', '999999202613010019'],
    ['a longer run of digits', `1${MOBILE_NUMBER}1`],
    ['a landline number', '0574-87654321'],
    ['an organisation’s code', rows['licence-2018']['XK_XDR_SHXYM'] ?? ''],
  ])('is accepted with %s', async (_, value) => {
    expect(await outcomeOf('licence-2018', { XK_NR: `见 ${value}。` })).toBe('accepted')
  })
})

function csvOf(some: readonly SampleRow[]): string {
  const columns = [...new Set(some.flatMap((row) => Object.keys(row)))]
  return Papa.unparse({
    fields: columns,
    data: some.map((row) => columns.map((column) => row[column] ?? '')),
  })
}

async function readFiles(directory: string): Promise<readonly string[]> {
  const contents: string[] = []
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name)
    if (!(await stat(path)).isFile()) continue
    const bytes = await readFile(path)
    const isCompressed = bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528
    contents.push((isCompressed ? zstdDecompressSync(bytes) : bytes).toString('utf8'), name)
  }
  return contents
}

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}
