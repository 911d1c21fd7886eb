import { execFileSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { resumeAuthority, suspendAuthority } from '../../shared/authorities/standing.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { Failure } from '../../shared/base/failure.ts'
import { dropDirectory, takeDropped } from '../../shared/embedded/drop.ts'
import { type Home, openHome } from '../../shared/embedded/home.ts'
import type { Sightings } from '../../shared/embedded/sightings.ts'
import type { Stray, Taken } from '../../shared/embedded/told.ts'
import { workRound } from '../../shared/embedded/worker.ts'
import { deliveredReceiptSchema } from '../../shared/ingest/delivered-receipt.ts'
import { contentSha256 } from '../../shared/ingest/envelope.ts'
import { findReceipt, type Receipt } from '../../shared/ingest/receipt.ts'
import { findLedgerSize } from '../../shared/ledger/sealed.ts'
import type { Objects } from '../../shared/ports.ts'
import { example } from '../bin/run.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { MOBILE_NUMBER, RESIDENT_ID } from '../ingest/sample.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const BUREAU = 'demo-environment-bureau'
const LAYOUT = 'penalty-2018'
const running = new AbortController().signal

describe('a file in the drop', () => {
  test('is taken in as its authority’s, and its receipt lies where that authority’s receipts do', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      expect(await look(home)).toEqual([])
      expect(await left(home)).toEqual([])
      await settle(home)
      const path = join(home.directory, 'receipts', BUREAU, 'week-1.json')
      const { receipt } = deliveredReceiptSchema.parse(JSON.parse(await readFile(path, 'utf8')))
      expect(receipt).toMatchObject({ authority: BUREAU, received: 51, accepted: 48, refused: 3 })
      expect(receipt).toEqual(await receiptOf(home, 'week-1'))
    })
  })

  test('is left while it is written, has a name of one that is, or is no file', async () => {
    await withHome(async (home) => {
      await drop(home, '.week-1.csv', await penalties())
      await drop(home, 'folder/week-1.csv', await penalties())
      await symlink(example('penalties-2018.csv'), join(dropDirectory(home, BUREAU), LAYOUT, 'link.csv'))
      await look(home)
      await drop(home, 'week-2.csv', await penalties())
      await look(home, { stillMs: 60_000 })
      expect(await receiptOf(home, 'week-2')).toBeUndefined()
      expect(await left(home)).toEqual([
        '.week-1.csv',
        'folder',
        'folder/week-1.csv',
        'link.csv',
        'week-2.csv',
      ])
      expect(await receiptOf(home, 'week-1')).toBeUndefined()
      const written = join(dropDirectory(home, BUREAU), LAYOUT, '.week-1.csv')
      await rename(written, join(dirname(written), 'week-1.csv'))
      await look(home)
      expect(await submissions(home)).toBe(2)
    })
  })

  test('is none behind a link: nothing of what lies there is read, moved or removed', async () => {
    await withHome(async (home) => {
      const victim = await temporaryDirectory()
      await writeFile(join(victim, 'own.csv'), await penalties())
      await utimes(join(victim, 'own.csv'), 0, 0)
      await drop(home, 'week-1.csv', await penalties())
      await symlink(victim, join(dropDirectory(home, BUREAU), LAYOUT, '.taking'))
      await symlink(victim, join(dropDirectory(home, BUREAU), 'licence-2018'))
      await look(home)
      expect(await readdir(victim)).toEqual(['own.csv'])
      expect(await receiptOf(home, 'week-1')).toBeUndefined()
    })
  })

  test('that cannot be read, or a folder in its place, keeps no other from being taken', async () => {
    await withHome(async (home) => {
      const first = join(dropDirectory(home, home.settings.authorities[0]?.code), LAYOUT)
      await mkdir(join(first, '.taking', 'folder'), { recursive: true })
      await drop(home, 'week-1.csv', await penalties())
      expect(await look(home)).toEqual([])
      expect(await submissions(home)).toBe(1)
    })
  })

  test('of a suspended authority has a receipt that says so, and leaves its id to what comes later', async () => {
    await withHome(async (home) => {
      const order = { authority: BUREAU, by: 'operator' }
      await suspendAuthority(home, { ...order, reason: 'Its machine was broken into' })
      await drop(home, 'week-1.csv', await penalties())
      await look(home)
      await settle(home)
      const sum = contentSha256(LAYOUT, sha256(await penalties()))
      expect(await refusalOf(home, sum)).toMatchObject({
        refusal: { code: 'AUTHORITY_SUSPENDED' },
      })
      expect(await left(home)).toEqual([])
      await resumeAuthority(home, order)
      await drop(home, 'week-1.csv', await penalties())
      await look(home)
      await settle(home)
      expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
    })
  })

  test('counts once, however often it is dropped; other content of its name has a receipt that says so', async () => {
    await withHome(async (home) => {
      for (let time = 0; time < 3; time++) {
        await drop(home, 'week-1.csv', await penalties())
        await look(home)
        if (time === 1) await settle(home)
      }
      await drop(home, 'week-1.csv', (await penalties()).replaceAll('超标', '超额'))
      const changed = contentSha256(LAYOUT, sha256((await penalties()).replaceAll('超标', '超额')))
      await look(home)
      await settle(home)
      expect(await left(home)).toEqual([])
      expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
      expect(await refusalOf(home, changed)).toMatchObject({
        sha256: changed,
        refusal: { code: 'SUBMISSION_ID_REUSED' },
      })
      expect(await submissions(home)).toBe(2)
    })
  })

  test('that is written to while it is read is left, and taken when it is whole', async () => {
    await withHome(async (home) => {
      const lines = await manyLines()
      await drop(home, 'week-1.csv', lines.slice(0, 8_001).join('\r\n'))
      const more = () => appendFile(takingFile(home), `\r\n${lines.slice(8_001).join('\r\n')}`)
      expect(await look(slowly(home, more))).toEqual(['FILE_CHANGED'])
      expect(await receiptOf(home, 'week-1')).toBeUndefined()
      await look(home)
      await settle(home)
      expect(await receiptOf(home, 'week-1')).toMatchObject({ received: 9_000 })
    })
  })

  test('that is written to after it was read stays, and has a receipt that its name is taken', async () => {
    await withHome(async (home) => {
      const text = await penalties()
      await drop(home, 'week-1.csv', text)
      expect(await look(slowly(home, () => appendFile(takingFile(home), text)))).toEqual(['FILE_CHANGED'])
      await settle(home)
      await look(home)
      await settle(home)
      expect(await receiptOf(home, 'week-1')).toMatchObject({ received: 51 })
      const digest = contentSha256(LAYOUT, sha256(text + text))
      expect(await refusalOf(home, digest)).toMatchObject({
        refusal: { code: 'SUBMISSION_ID_REUSED' },
      })
      expect(await left(home)).toEqual([])
    })
  })

  test('that comes while another of its name is taken is not removed in its place', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      const other = (await penalties()).replaceAll('超标', '超额')
      await look(slowly(home, () => drop(home, 'week-1.csv', other)))
      // The same look may not see it yet; the next one does
      await settle(home)
      await look(home)
      await settle(home)
      expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
      const changed = contentSha256(LAYOUT, sha256(other))
      expect(await refusalOf(home, changed)).toMatchObject({
        refusal: { code: 'SUBMISSION_ID_REUSED' },
      })
      expect(await left(home)).toEqual([])
    })
  })
})

describe('what lies where nothing is taken from', () => {
  test('is refused with a receipt where it is a file of an authority’s that names no layout', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties(), '')
      await drop(home, `${RESIDENT_ID}.csv`, 'a', '')
      expect(await look(home, { stillMs: 60_000 })).toEqual([])
      expect(await nameless(home)).toHaveLength(2)
      expect(await look(home)).toEqual([])
      const refusals = [
        await refusalOf(home, contentSha256('', sha256(await penalties()))),
        await refusalOf(home, contentSha256('', sha256('a'))),
      ]
      expect(refusals.map((receipt) => receipt?.refusal?.code)).toEqual([
        'DROP_NAME_MALFORMED',
        'FILE_NAME_PERSONAL_DATA',
      ])
      expect(await nameless(home)).toEqual([])
      expect(await submissions(home)).toBe(2)
    })
  })

  test('is refused with a receipt where its name is not UTF-8', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      const folder = Buffer.from(`${join(dropDirectory(home, BUREAU), LAYOUT)}/`)
      const gbk = Buffer.concat([folder, Buffer.alloc(248, 0xb4), Buffer.from('.csv')])
      await writeFile(gbk, 'a')
      expect(await look(home)).toEqual([])
      expect(await refusalOf(home, contentSha256(LAYOUT, sha256('a')))).toMatchObject({
        refusal: { code: 'DROP_NAME_MALFORMED' },
      })
      expect(await left(home)).toEqual([])
      expect(await submissions(home)).toBe(2)
    })
  })

  test('is told of once by its place, never by its name, and stays', async () => {
    await withHome(async (home) => {
      const top = dropDirectory(home)
      const own = join(dropDirectory(home, BUREAU), LAYOUT)
      await mkdir(join(own, RESIDENT_ID), { recursive: true })
      await mkdir(join(own, '..', MOBILE_NUMBER))
      await mkdir(join(top, 'nobody', LAYOUT), { recursive: true })
      await writeFile(join(top, `${MOBILE_NUMBER}.csv`), await penalties())
      await symlink(top, join(own, 'link.csv'))
      await symlink(top, join(own, '..', MOBILE_NUMBER, 'link.csv'))
      await symlink(top, join(own, '..', 'licence-2018'))
      execFileSync('sh', ['-c', 'mkfifo "$0"', join(own, 'pipe.csv')])
      const strays: Stray[] = []
      const options = { sightings: new Map(), onStray: (stray: Stray) => strays.push(stray) }
      for (let time = 0; time < 3; time++) expect(await look(home, options)).toEqual([])
      const told = strays.map(({ stray, place }) => `${place} ${stray}`)
      expect(told.toSorted()).toEqual([
        'drop file',
        'drop folder',
        `drop/${BUREAU} link`,
        `drop/${BUREAU}/? link`,
        `drop/${BUREAU}/${LAYOUT} folder`,
        `drop/${BUREAU}/${LAYOUT} link`,
        `drop/${BUREAU}/${LAYOUT} other`,
      ])
      const file = await stat(join(top, `${MOBILE_NUMBER}.csv`))
      expect(strays.find(({ stray }) => stray === 'file')?.inode).toBe(file.ino)
      // Another of its name is another
      await appendFile(join(top, `${MOBILE_NUMBER}.csv`), 'a')
      await look(home, options)
      expect(strays).toHaveLength(8)
    })
  })

  test('is told of where it has the name of the folder that files are moved to, and stops no other', async () => {
    await withHome(async (home) => {
      await drop(home, '.taking', '')
      await drop(home, 'week-1.csv', await penalties())
      await drop(home, 'week-2.csv', 'a', 'licence-2018')
      const strays: string[] = []
      expect(await look(home, { onStray: ({ stray, place }) => strays.push(`${place} ${stray}`) })).toEqual(
        [],
      )
      expect(strays).toEqual([`drop/${BUREAU}/${LAYOUT} file`])
      expect(await submissions(home)).toBe(1)
    })
  })
})

test('a file whose time lies in the future is taken when two looks that far apart saw the same', async () => {
  await withHome(async (home) => {
    const ahead = new Date(Date.now() + 365 * 86_400_000)
    const file = join(dropDirectory(home, BUREAU), LAYOUT, 'week-1.csv')
    await drop(home, 'week-1.csv', (await penalties()).slice(0, 1_000))
    await utimes(file, ahead, ahead)
    const options = { stillMs: 100, sightings: new Map() }
    await look(home, options)
    await sleep(150)
    await writeFile(file, await penalties())
    await utimes(file, ahead, ahead)
    await look(home, options)
    expect(await left(home)).toEqual(['week-1.csv'])
    await sleep(150)
    await look(home, options)
    await settle(home)
    expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
    await look(home, options)
    expect(options.sightings.size).toBe(0)
  })
})

test('whoever watches is told of each file by the id and the code of its receipt, never by its name', async () => {
  await withHome(async (home) => {
    const told: string[] = []
    const lookAndTell = async () => {
      await look(home, {
        onTaken: (taken) => told.push(`${taken.authority} ${taken.submissionId} ${taken.outcome}`),
      })
      await settle(home)
    }
    const other = (await penalties()).replaceAll('超标', '超额')
    const names = ['week-1.csv', `${RESIDENT_ID}.csv`]
    for (const name of names) await drop(home, name, await penalties())
    await drop(home, 'week-2.csv', '"a"b,\r\n')
    await lookAndTell()
    const refused = (text: string) => refusedId(contentSha256(LAYOUT, sha256(text)))
    expect(told.splice(0).toSorted()).toEqual([
      `${BUREAU} ${refused(await penalties())} FILE_NAME_PERSONAL_DATA`,
      `${BUREAU} week-1 received`,
      `${BUREAU} week-2 CSV_MALFORMED`,
    ])
    await drop(home, 'week-1.csv', await penalties())
    await lookAndTell()
    await drop(home, 'week-1.csv', other)
    await lookAndTell()
    expect(told).toEqual([`${BUREAU} week-1 repeated`, `${BUREAU} ${refused(other)} SUBMISSION_ID_REUSED`])
    expect(await refusalOf(home, contentSha256(LAYOUT, sha256(other)))).toMatchObject({
      refusal: { code: 'SUBMISSION_ID_REUSED' },
    })
  })
})

test('two files of one id in one look: the first is received, the other is told that the id is taken', async () => {
  await withHome(async (home) => {
    const told: string[] = []
    const other = `${(await penalties()).replaceAll('超标', '超额')}\r\n`
    await drop(home, 'week-1.csv', await penalties())
    await drop(home, 'week-1.json', '[{"CF_WSH": "1"}]')
    await drop(home, 'week-1.csv.gz', other)
    await look(home, {
      onTaken: ({ submissionId, outcome }) => told.push(`${submissionId} ${outcome}`),
    })
    const refused = (text: string) => refusedId(contentSha256(LAYOUT, sha256(text)))
    expect(told).toEqual([
      'week-1 received',
      `${refused(other)} SUBMISSION_ID_REUSED`,
      `${refused('[{"CF_WSH": "1"}]')} SUBMISSION_ID_REUSED`,
    ])
    expect(await submissions(home)).toBe(3)
  })
})

test('each refused file has a receipt of its own, though its content was refused before', async () => {
  await withHome(async (home) => {
    const order = { authority: BUREAU, by: 'operator' }
    const digest = contentSha256(LAYOUT, sha256(await penalties()))
    await drop(home, 'notes.txt', await penalties())
    await look(home)
    await suspendAuthority(home, { ...order, reason: 'Its machine was broken into' })
    await drop(home, 'week-1.csv', await penalties())
    await drop(home, 'week-2.csv', await penalties())
    const told: string[] = []
    await look(home, { onTaken: ({ submissionId }) => told.push(submissionId) })
    const receipts = await receiptsWith(home, digest)
    expect(receipts.map(({ refusal }) => refusal?.code).toSorted()).toEqual([
      'AUTHORITY_SUSPENDED',
      'AUTHORITY_SUSPENDED',
      'DROP_NAME_MALFORMED',
    ])
    for (const id of told)
      expect(await receiptOf(home, id)).toMatchObject({ refusal: { code: 'AUTHORITY_SUSPENDED' } })
  })
})

describe('a file whose taker died', () => {
  /** A look that comes to nothing: it ends where the archive is written to, as its process does. */
  const dieLooking = async (home: Home): Promise<void> => {
    const { promise: died, resolve: die } = Promise.withResolvers<void>()
    const objects: Objects = {
      ...home.objects,
      put: () => {
        die()
        return new Promise(() => undefined)
      },
    }
    void look({ ...home, objects })
    await died
  }

  test('three times over it is set aside with a receipt, and the next are taken', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      for (let time = 0; time < 2; time++) await dieLooking(home)
      await drop(home, 'week-2.csv', await penalties())
      await dieLooking(home)
      expect(await look(home)).toEqual([])
      const digest = contentSha256(LAYOUT, sha256(await penalties()))
      expect(await refusalOf(home, digest)).toMatchObject({ refusal: { code: 'SUBMISSION_DEAD' } })
      await settle(home)
      expect(await receiptOf(home, 'week-1')).toBeUndefined()
      expect(await receiptOf(home, 'week-2')).toMatchObject({ accepted: 48 })
      expect(await left(home)).toEqual([])
    })
  })

  test('twice is received by the third, and nothing is left of the count', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      for (let time = 0; time < 2; time++) await dieLooking(home)
      await look(home)
      expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
      expect(await readdir(dirname(takingFile(home)))).toEqual([])
    })
  })

  test('once its refusal was stored keeps that receipt, though it would be taken now', async () => {
    await withHome(async (home) => {
      const order = { authority: BUREAU, by: 'operator' }
      await drop(home, 'notes.txt', await penalties())
      await look(home)
      await suspendAuthority(home, { ...order, reason: 'Its machine was broken into' })
      await drop(home, 'week-1.csv', await penalties())
      const onTaken = () => {
        throw new Crash()
      }
      await look(home, { onTaken })
      expect(await left(home)).toContain('.taking/week-1.csv')
      await resumeAuthority(home, order)
      await look(home)
      const digest = contentSha256(LAYOUT, sha256(await penalties()))
      const codes = (await receiptsWith(home, digest)).map(({ refusal }) => refusal?.code)
      expect(codes.toSorted()).toEqual(['AUTHORITY_SUSPENDED', 'DROP_NAME_MALFORMED'])
      expect(await receiptOf(home, 'week-1')).toBeUndefined()
      expect(await readdir(dirname(takingFile(home)))).toEqual([])
    })
  })
})

describe('two files of one name', () => {
  test('are both taken, though the first had to wait: the second does not take its place', async () => {
    await withHome(async (home) => {
      const full = {
        ...home,
        objects: failing(home.objects, new Failure('OBJECTS_FULL', { retryable: true })),
      }
      const other = (await penalties()).replaceAll('超标', '超额')
      await drop(home, 'week-1.csv', await penalties())
      await look(full)
      await drop(home, 'week-1.csv', other)
      await look(full)
      expect(await left(home)).toEqual(['.taking', '.taking/week-1.csv', 'week-1.csv'])
      for (let time = 0; time < 2; time++) {
        await look(home)
        await settle(home)
      }
      expect(await left(home)).toEqual([])
      expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
      const digest = contentSha256(LAYOUT, sha256(other))
      expect(await refusalOf(home, digest)).toMatchObject({
        refusal: { code: 'SUBMISSION_ID_REUSED' },
      })
    })
  })
})

describe('a file that is refused', () => {
  test.each([
    [LAYOUT, 'nothing.csv', '', 'SUBMISSION_EMPTY'],
    [LAYOUT, 'broken.csv', '"a"b,\r\n', 'CSV_MALFORMED'],
    ['registration-1999', 'old.csv', 'a,b\r\n', 'LAYOUT_UNKNOWN'],
    ['registration', 'companies.csv', 'a,b\r\n', 'RECORD_TYPE_NOT_ADMITTED'],
  ])('in the layout %s under the name %s has a receipt, and is gone', async (layout, name, text, code) => {
    await withHome(async (home) => {
      await drop(home, name, text, layout)
      await look(home)
      await settle(home)
      const receipt = await receiptOf(home, name.replace('.csv', ''))
      expect(receipt).toMatchObject({ refusal: { code }, parts: [] })
      expect(await left(home)).toEqual([])
    })
  })

  test.each([
    ['notes.txt', 'DROP_NAME_MALFORMED'],
    ['处罚.csv', 'DROP_NAME_MALFORMED'],
    [`${RESIDENT_ID}.csv`, 'FILE_NAME_PERSONAL_DATA'],
    [`penalty-${MOBILE_NUMBER}.csv`, 'FILE_NAME_PERSONAL_DATA'],
    [`${MOBILE_NUMBER}.txt`, 'FILE_NAME_PERSONAL_DATA'],
    ['ZHXYXT0000_XYSJJH2-0301_2026112008.xls', 'SUBJECT_NATURAL_PERSON'],
  ])('by its name has a receipt that does not quote it: %s', async (name, code) => {
    await withHome(async (home) => {
      const text = await penalties()
      await drop(home, name, text)
      expect(await look(home)).toEqual([])
      await settle(home)
      const digest = contentSha256(LAYOUT, sha256(text))
      expect(await refusalOf(home, digest)).toMatchObject({
        ...{ sha256: digest, sizeBytes: Buffer.byteLength(text), received: 0, refusal: { code } },
      })
      expect(await left(home)).toEqual([])
      const stem = name.slice(0, name.lastIndexOf('.'))
      for (const file of await readdir(home.directory, { recursive: true })) {
        expect(file).not.toContain(stem)
        const body = await readFile(join(home.directory, file)).catch(() => Buffer.of())
        expect(body.includes(stem), file).toBe(false)
      }
    })
  })

  test('because it could not be read however often it was tried has a receipt too', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      const broken = { ...home, objects: failing(home.objects, new Error('a bug')) }
      const failures = new Map<string, number>()
      for (let time = 0; time < 4; time++) {
        expect(await look(broken, { failures })).toEqual(['UNEXPECTED'])
        expect(await left(home)).toEqual(['.taking', '.taking/week-1.csv'])
      }
      await look(broken, { failures })
      expect(await left(home)).toEqual([])
      const digest = contentSha256(LAYOUT, sha256(await penalties()))
      expect(await refusalOf(home, digest)).toMatchObject({ refusal: { code: 'SUBMISSION_DEAD' } })
    })
  })

  test('because its authority signs, and nobody signed this, takes no id of the authority’s', async () => {
    await withHome(async (home) => {
      const authorities = home.settings.authorities.map((each) => ({ ...each, requireSignature: true }))
      await drop(home, 'week-1.csv', await penalties())
      await look({ ...home, settings: { ...home.settings, authorities } })
      await settle(home)
      expect(await left(home)).toEqual([])
      expect(await receiptOf(home, 'week-1')).toBeUndefined()
      const digest = contentSha256(LAYOUT, sha256(await penalties()))
      expect(await refusalOf(home, digest)).toMatchObject({
        refusal: { code: 'SIGNATURE_MISSING' },
      })
    })
  })

  test('is none for a full disk, however long that lasts', async () => {
    await withHome(async (home) => {
      await drop(home, 'week-1.csv', await penalties())
      const full = {
        ...home,
        objects: failing(home.objects, new Failure('OBJECTS_FULL', { retryable: true })),
      }
      const failures = new Map<string, number>()
      for (let time = 0; time < 12; time++) expect(await look(full, { failures })).toEqual(['OBJECTS_FULL'])
      await look(home, { failures })
      await settle(home)
      expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
    })
  })
})

test.each(['failed', 'stored'] as const)(
  'a death at any write (%s) while files are taken loses none and doubles none',
  async (mode) => {
    const dropAll = async (home: Home) => {
      await drop(home, 'week-1.csv', await penalties())
      await drop(home, 'week-2.csv', '"a"b,\r\n')
      await drop(home, '处罚.csv', 'a')
      await drop(home, 'week-3.csv', 'b', '')
    }
    const whole = faultsFrom()
    await withHome(async (home) => {
      await dropAll(home)
      await look(faulty(home, whole))
    })
    expect(whole.writes).toBeGreaterThan(3)
    for (let crashAt = 1; crashAt <= whole.writes; crashAt++) {
      await withHome(async (home) => {
        await dropAll(home)
        const faults = faultsFrom({ crashAt, mode })
        // Files are no port's: whatever the dead would still have removed, they did not
        await look(faulty(home, faults)).catch((fault: unknown) => expect(fault).toBeInstanceOf(Crash))
        expect(faults.crashed).toBe(true)
        await look(home)
        await settle(home)
        expect(await left(home)).toEqual([])
        expect(await receiptOf(home, 'week-1')).toMatchObject({ accepted: 48 })
        expect(await receiptOf(home, 'week-2')).toMatchObject({ refusal: { code: 'CSV_MALFORMED' } })
        expect(await nameless(home)).toEqual([])
        expect(await submissions(home)).toBe(4)
      })
    }
  },
)

test('a file whose taker died before it could remove it is a repeat, and goes', async () => {
  await withHome(async (home) => {
    await drop(home, 'week-1.csv', await penalties())
    await look(home)
    const taking = join(dropDirectory(home, BUREAU), LAYOUT, '.taking')
    await writeFile(join(taking, 'week-1.csv'), await penalties())
    await look(home)
    await settle(home)
    await writeFile(join(taking, 'week-1.csv'), await penalties())
    await look(home)
    await settle(home)
    expect(await left(home)).toEqual([])
    expect(await submissions(home)).toBe(1)
  })
})

test('a look that is told to stop leaves the file that it reads, and those to come', async () => {
  await withHome(async (home) => {
    await drop(home, 'week-1.csv', (await manyLines()).join('\r\n'))
    await drop(home, 'week-2.csv', await penalties())
    const stop = new AbortController()
    const told: string[] = []
    const options = {
      signal: stop.signal,
      stillMs: 0,
      onFault: ({ code }: { code: string }) => told.push(code),
      onTaken: ({ outcome }: Taken) => told.push(outcome),
      onStray: ({ stray }: Stray) => told.push(stray),
    }
    await takeDropped(
      slowly(home, async () => stop.abort()),
      options,
    )
    expect(told).toEqual([])
    expect(await left(home)).toEqual(['.taking', '.taking/week-1.csv', 'week-2.csv'])
    expect(await receiptOf(home, 'week-1')).toBeUndefined()
    await look(home)
    await settle(home)
    expect(await receiptOf(home, 'week-1')).toMatchObject({ received: 9_000 })
    expect(await receiptOf(home, 'week-2')).toMatchObject({ received: 51 })
  })
})

function takingFile(home: Home): string {
  return join(dropDirectory(home, BUREAU), LAYOUT, '.taking', 'week-1.csv')
}

async function withHome(work: (home: Home) => Promise<void>): Promise<void> {
  const directory = await temporaryDirectory()
  const home = await openHome({ directory, template: example('deployment') })
  await work(home).finally(() => home.close())
}

async function penalties(): Promise<string> {
  return readFile(example('penalties-2018.csv'), 'utf8')
}

/** A header and nine thousand rows: more than is read at once. */
async function manyLines(): Promise<readonly string[]> {
  const [, header = '', row = ''] = (await penalties()).split('\r\n')
  return [header, ...Array.from({ length: 9_000 }, (_, n) => row.replace(/第\d+号/, `第${n}号`))]
}

async function drop(home: Home, name: string, text: string, layout = LAYOUT): Promise<void> {
  const file = join(dropDirectory(home, BUREAU), layout, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  await utimes(file, new Date(0), new Date(0))
}

/** One look at the drop; answers the codes of what went wrong. */
async function look(
  home: Home,
  options: {
    readonly stillMs?: number
    readonly failures?: Map<string, number>
    readonly sightings?: Sightings
    readonly onTaken?: (taken: Taken) => void
    readonly onStray?: (stray: Stray) => void
  } = {},
): Promise<readonly string[]> {
  const codes: string[] = []
  const onTaken = () => undefined
  const onStray = () => undefined
  const onFault = ({ code }: { code: string }) => void codes.push(code)
  await takeDropped(home, { signal: running, stillMs: 0, onFault, onTaken, onStray, ...options })
  return codes
}

async function settle(home: Home): Promise<void> {
  while ((await workRound(home, () => undefined)) > 0);
}

/** What lies in the drop, `.taking` left out where it is empty. */
async function left(home: Home): Promise<readonly string[]> {
  const names = await readdir(dropDirectory(home, BUREAU), { recursive: true })
  const under = names.filter((name) => name.includes('/')).map((name) => name.slice(name.indexOf('/') + 1))
  return under
    .filter((name) => name !== '.taking' || under.some((each) => each.startsWith('.taking/')))
    .sort()
}

/** What lies in the authority's folder and is not a layout's. */
async function nameless(home: Home): Promise<readonly string[]> {
  const directory = dropDirectory(home, BUREAU)
  const names = [
    ...(await readdir(directory)),
    ...(await readdir(join(directory, '.taking')).catch(() => [])),
  ]
  return names.filter((name) => name !== '.taking' && name !== LAYOUT)
}

function receiptOf(home: Home, id: string): Promise<Receipt | undefined> {
  return findReceipt(home.store, BUREAU, id)
}

function refusedId(digest: string): string {
  return `refused-${digest.slice(0, 32)}`
}

/** The receipt of the one refused file that has this content. */
async function refusalOf(home: Home, digest: string): Promise<Receipt | undefined> {
  await settle(home)
  expect(await receiptsWith(home, digest)).toHaveLength(1)
  return receiptOf(home, refusedId(digest))
}

async function receiptsWith(home: Home, digest: string): Promise<readonly Receipt[]> {
  await settle(home)
  const names = await readdir(join(home.directory, 'receipts', BUREAU))
  const receipts = await Promise.all(names.map((name) => receiptOf(home, name.replace('.json', ''))))
  return receipts.filter(
    (receipt) => receipt?.sha256 === digest && receipt.refusal !== undefined,
  ) as Receipt[]
}

/** How many entries tell of submissions: all but those of the home's principals. */
async function submissions(home: Home): Promise<number> {
  await settle(home)
  const names = await readdir(join(home.directory, 'receipts', BUREAU))
  expect(await findLedgerSize(home.store)).toBeGreaterThan(names.length)
  return names.length
}

/** The same home, in which something else happens while the archive is written to for the first time. */
function slowly(home: Home, meanwhile: () => Promise<void>): Home {
  let isFirst = true
  const put: Objects['put'] = async (...args) => {
    if (isFirst) {
      isFirst = false
      await meanwhile()
    }
    return home.objects.put(...args)
  }
  return { ...home, objects: { ...home.objects, put } }
}

function failing(objects: Objects, fault: Error): Objects {
  return { ...objects, put: () => Promise.reject(fault) }
}
