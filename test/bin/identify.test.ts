import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { identify } from '../../shared/identity/identify.ts'
import { aResidentId, aUscc, completed } from '../identity/check-digits.ts'

const BIN = fileURLToPath(new URL('../../bin/credit-fusion.ts', import.meta.url))
const code = completed()
const [residentId = ''] = fc.sample(aResidentId, 1)

describe('each line of stdin', () => {
  // Each is one line: what may pass for the end of a line elsewhere is a part of it here
  const lines = [
    code,
    '',
    ` ${code.toLowerCase()} `,
    `${code}\u2028${code}`,
    `${code}\u2029`,
    `${code}\r${code}`,
    `${code}\u0085\v\f`,
    '\ufeff',
    '"{}\\\t',
    '字'.repeat(100_000),
    residentId,
    '-',
    '--json',
  ]

  test('has its answer, on a line of its own and in order', async () => {
    expect(await answersTo(`${lines.join('\n')}\n`)).toEqual(lines.map((line) => identify(line)))
  })

  test('has the same answer when it ends in \\r\\n, or in nothing because it is the last', async () => {
    expect(await answersTo(lines.join('\r\n'))).toEqual(lines.map((line) => identify(line)))
  })

  test('has its answer among many, wherever the pipe cuts them', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => (at % 7 === 0 ? '' : `${code}-${at}-字`))
    expect(await answersTo(`${many.join('\n')}\n`)).toEqual(many.map((line) => identify(line)))
  })

  test('has its answer though its bytes are no UTF-8', async () => {
    // 示例 in GBK, a lone continuation byte, half of a character at the end
    const bytes = Buffer.from([0xca, 0xbe, 0xc0, 0xfd, 0x0a, 0x80, 0x0a, 0xff, 0xfe, 0x00, 0x0a, 0xe5, 0xad])
    const answers = await answersTo(bytes)
    expect(answers).toHaveLength(4)
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'unknown', valid: false })
  })

  test('that there is not, has none', async () => {
    expect(await answersTo('')).toEqual([])
  })
})

describe('a resident ID', () => {
  const ids = fc.sample(aResidentId, 50)
  const grouped = (id: string, separator: string) =>
    id.replace(/^(.{6})(.{8})/, `$1${separator}$2${separator}`)
  const writings = ids.flatMap((id) => [
    id,
    id.toLowerCase(),
    grouped(id, ' '),
    grouped(id, '-'),
    grouped(id, '\t'),
    grouped(id, '\u200b'),
    fullWidth(id),
    fullWidth(id.toLowerCase()),
    `号码${id}。`,
    id.slice(0, 17),
  ])
  let printed: Ended

  beforeAll(async () => {
    printed = await run(['-'], `${writings.join('\n')}\n`)
  })

  test('is answered like any other line', () => {
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    expect(printed.stdout.trimEnd().split('\n')).toHaveLength(writings.length)
  })

  test('is not printed, in whatever writing it came', () => {
    const digits = printed.stdout.normalize('NFKC').replace(/[^0-9{}]/g, '')
    for (const id of ids) expect(digits).not.toContain(id.slice(6, 17))
  })

  test('in UTF-16, as PowerShell writes it, is not printed', async () => {
    const { stdout } = await run(['-'], Buffer.from(`\ufeff${residentId}\r\n`, 'utf16le'))
    expect(stdout).toContain('RESIDENT_ID')
    expect(stdout.replace(/\\u0000|[^0-9]/g, '')).not.toContain(residentId.slice(6, 17))
  })

  test('is not printed when it is an argument', async () => {
    const { stdout, stderr } = await run([residentId, grouped(residentId, ' ')])
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(`${stdout}${stderr}`.replace(/[^0-9]/g, '')).not.toContain(residentId.slice(6, 17))
  })
})

describe('the command', () => {
  test('answers to each of its arguments on a line', async () => {
    const codes = [...fc.sample(aUscc, 3), '', '-', 'a\nb']
    const { code: exitCode, stdout, stderr } = await run(codes)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(parsedLines(stdout)).toEqual(codes.map((each) => identify(each)))
  })

  test('without arguments says how it is used and ends with 2', async () => {
    const ended = await run([])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain('name at least one code, or - for stdin')
  })

  test('with an option that it does not have ends with 2', async () => {
    expect(await run(['--csv', code])).toMatchObject({ code: 2, stdout: '' })
  })

  test('ends quietly when nobody reads on', async () => {
    const child = start(['-'])
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    // The command may be gone before all of it is written
    child.stdin.on('error', () => {})
    const ended = once(child, 'close')
    child.stdin.end(`${code}\n`.repeat(200_000))
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect([await ended, stderr]).toEqual([[0, null], ''])
  })
})

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

async function answersTo(input: string | Uint8Array): Promise<readonly unknown[]> {
  const { code: exitCode, stdout, stderr } = await run(['-'], input)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return parsedLines(stdout)
}

function parsedLines(stdout: string): readonly unknown[] {
  if (stdout === '') return []
  expect(stdout.endsWith('\n')).toBe(true)
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line))
}

async function run(args: readonly string[], input: string | Uint8Array = ''): Promise<Ended> {
  const child = start(args)
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => chunks[name].push(chunk))
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [exitCode] = await once(child, 'close')
  const text = (some: readonly Buffer[]) => Buffer.concat(some).toString('utf8')
  return { code: exitCode, stdout: text(chunks.stdout), stderr: text(chunks.stderr) }
}

function start(args: readonly string[]) {
  return spawn(process.execPath, [BIN, 'identify', ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
}

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (unit) => String.fromCharCode(unit.charCodeAt(0) + 0xfee0))
}
