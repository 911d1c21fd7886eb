import { describe, expect, test } from 'vitest'
import { isQuorum, parsePolicy, type WitnessPolicy } from '../../shared/ledger/policy.ts'
import { formatVerifierKey, verifierKey } from '../../shared/ledger/verifier-key.ts'
import { keyOf, signerOf } from './keys.ts'

const witnessKey = (name: string, signer = name) =>
  verifierKey(name, 'cosignature', signerOf(signer).verifierKey)
const vkeyOf = (name: string, signer = name) => formatVerifierKey(witnessKey(name, signer))
const logVkey = (name: string) => formatVerifierKey(verifierKey(name, 'ed25519', signerOf(name).verifierKey))

const WITNESSES = ['X1', 'X2', 'X3', 'Y1', 'Y2'].map((name) => `witness ${name} ${vkeyOf(`${name}.example`)}`)

function parse(...lines: readonly string[]) {
  return parsePolicy(`${lines.join('\n')}\n`)
}

function parsed(...lines: readonly string[]): WitnessPolicy {
  const read = parse(...lines)
  if (read.outcome === 'refused') throw new Error(`line ${read.line} is refused`)
  return read.policy
}

describe('a policy file', () => {
  test('names logs, witnesses, groups of both, and the quorum', () => {
    const policy = parsed(
      ...['# who is believed', '', ' \t', ' \t# and why'],
      `log ${logVkey('log.example')}`,
      `log ${logVkey('old.example')} https://old.example/`,
      ...WITNESSES.slice(0, 4),
      `\twitness  Y2 \t${vkeyOf('Y2.example')} https://y.example/2 \t`,
      'group X 2 X1 X2 X3',
      'group Y any Y1 Y2',
      'group both all X Y',
      'quorum both',
    )
    expect(policy.logs.map(({ name }) => name)).toEqual(['log.example', 'old.example'])
    expect(policy.witnesses).toHaveLength(5)
    expect(policy.witnesses.at(-1)).toEqual({
      ...{ name: 'Y2', key: witnessKey('Y2.example'), url: 'https://y.example/2' },
    })
    expect(policy.groups).toEqual([
      { name: 'X', threshold: 2, members: ['X1', 'X2', 'X3'] },
      { name: 'Y', threshold: 1, members: ['Y1', 'Y2'] },
      { name: 'both', threshold: 2, members: ['X', 'Y'] },
    ])
    expect(policy.quorum).toBe('both')
  })

  test('may name nobody and ask for nobody', () => {
    expect(parsed('quorum none')).toEqual({ logs: [], witnesses: [], groups: [], quorum: 'none' })
  })

  test('may name a log whose key is ECDSA, and witnesses in any script', () => {
    const ecdsa = keyOf('log.example/ecdsa')
    const policy = parsed(`log ${formatVerifierKey(ecdsa)}`, `witness 见证方 ${vkeyOf('w')}`, 'quorum 见证方')
    expect(policy.logs).toEqual([ecdsa])
    expect(policy.quorum).toBe('见证方')
  })

  test('need not end in a newline', () => {
    expect(parsePolicy('quorum none')).toMatchObject({ outcome: 'parsed' })
  })

  test('may name 32 of each, which is what everybody is to take', () => {
    const numbers = Array.from({ length: 32 }, (_, n) => n)
    const policy = parsed(
      ...numbers.map((n) => `log ${logVkey(`log-${n}`)}`),
      ...numbers.map((n) => `witness w${n} ${vkeyOf(`w${n}`)}`),
      ...numbers.map((n) => `group g${n} 1 w${n}`),
      'quorum g31',
    )
    expect([policy.logs, policy.witnesses, policy.groups].map((list) => list.length)).toEqual([32, 32, 32])
  })
})

describe('a policy file is refused, and the line told,', () => {
  const [x1 = '', x2 = '', x3 = ''] = WITNESSES
  const log = `log ${logVkey('log.example')}`
  const table: readonly (readonly [string, readonly string[], number])[] = [
    ['where no line is of a quorum: past the end', [log, x1], 4],
    ['where it is empty: past the end', [], 3],
    ['for a keyword that there is not', ['# fine', 'Quorum none'], 2],
    ['for a second quorum', ['quorum none', 'quorum none'], 2],
    ['for a quorum of two', [x1, x2, 'quorum X1 X2'], 3],
    ['for a quorum of nobody', [x1, 'quorum'], 2],
    ['for a quorum defined further down', [x1, 'quorum X2', x2], 2],
    ['for a log without a key', ['log', 'quorum none'], 1],
    ['for a log whose key is none', ['log log.example+00000000+AAAA', 'quorum none'], 1],
    ['for a log with the key of a witness', [`log ${vkeyOf('log.example')}`, 'quorum none'], 1],
    ['for a log twice', [log, log, 'quorum none'], 2],
    ['for a log with two addresses', [`${log} https://a.example https://b.example`, 'quorum none'], 1],
    ['for a witness without a key', ['witness X1', 'quorum none'], 1],
    ['for a witness with the key of a log', [`witness X1 ${logVkey('X1.example')}`, 'quorum X1'], 1],
    ['for a witness with two addresses', [`${x1} https://a.example https://b.example`, 'quorum X1'], 1],
    ['for two witnesses of one name', [x1, `witness X1 ${vkeyOf('other')}`, 'quorum X1'], 2],
    [
      'for two witnesses of one key, whatever they call it',
      [x1, `witness X9 ${vkeyOf('other', 'X1.example')}`, 'quorum X1'],
      2,
    ],
    ['for a witness named none', [`witness none ${vkeyOf('none')}`, 'quorum none'], 1],
    ['for a group named none', [x1, 'group none 1 X1', 'quorum none'], 2],
    ['for a group with the name of a witness', [x1, x2, 'group X1 any X2', 'quorum X1'], 3],
    ['for two groups of one name', [x1, x2, 'group X any X1', 'group X any X2', 'quorum X'], 4],
    ['for a group without members', [x1, 'group X any', 'quorum X1'], 2],
    ['for a group of all of none', [x1, 'group X all', 'quorum X1'], 2],
    ['for a group without a threshold', [x1, 'group X', 'quorum X1'], 2],
    ['for a group of which none is enough', [x1, 'group X 0 X1', 'quorum X'], 2],
    ['for a group of which more are wanted than it has', [x1, 'group X 2 X1', 'quorum X'], 2],
    ['for a threshold with a zero before it', [x1, 'group X 01 X1', 'quorum X'], 2],
    ['for a threshold that is no decimal', [x1, 'group X 1e0 X1', 'quorum X'], 2],
    ['for a threshold in words', [x1, 'group X most X1', 'quorum X'], 2],
    ['for a member defined further down', [x1, 'group X any X1 X2', x2, 'quorum X'], 2],
    ['for a member none', [x1, 'group X any X1 none', 'quorum X'], 2],
    ['for a group in itself', [x1, 'group X any X1 X', 'quorum X'], 2],
    ['for a member twice in a group', [x1, 'group X 2 X1 X1', 'quorum X'], 2],
    [
      'for a member of two groups, which would count twice',
      [x1, x2, x3, 'group X any X1 X2', 'group Z any X1 X3', 'quorum Z'],
      5,
    ],
    ['for a carriage return', ['quorum none\r'], 1],
    ['for a control character, though in a comment', ['# \u0000', 'quorum none'], 1],
    ['for a delete character', ['# \u007f', 'quorum none'], 1],
    ['for a no-break space between words', [x1, 'quorum\u00a0X1'], 2],
  ]

  test.each(table)('%s', (_, lines, line) => {
    expect(parse(...lines)).toEqual({ outcome: 'refused', line })
  })
})

describe('a quorum', () => {
  const rules = {
    none: ['quorum none'],
    'one witness': ['quorum X1'],
    any: ['group X any X1 X2 X3', 'quorum X'],
    all: ['group X all X1 X2 X3', 'quorum X'],
    two: ['group X 2 X1 X2 X3', 'quorum X'],
    nested: ['group X 2 X1 X2 X3', 'group Y any Y1 Y2', 'group both all X Y', 'quorum both'],
    'a group beside a witness': ['group X 2 X1 X2', 'group either any X Y1', 'quorum either'],
  } as const
  const table: readonly (readonly [keyof typeof rules, readonly string[], boolean])[] = [
    ['none', [], true],
    ['none', ['X1'], true],
    ['one witness', [], false],
    ['one witness', ['X2', 'Y1'], false],
    ['one witness', ['X1'], true],
    ['any', [], false],
    ['any', ['Y1'], false],
    ['any', ['X3'], true],
    ['all', ['X1', 'X2'], false],
    ['all', ['X3', 'X2', 'X1'], true],
    ['two', ['X1'], false],
    ['two', ['X1', 'X1'], false],
    ['two', ['X1', 'Y1', 'Y2'], false],
    ['two', ['X3', 'X1'], true],
    ['two', ['X1', 'X2', 'X3'], true],
    ['nested', ['X1', 'X2'], false],
    ['nested', ['X1', 'Y1', 'Y2'], false],
    ['nested', ['X1', 'X3', 'Y2'], true],
    ['a group beside a witness', ['X1'], false],
    ['a group beside a witness', ['Y1'], true],
    ['a group beside a witness', ['X1', 'X2'], true],
  ]

  test.each(table)('by %s, of %j: %j', (rule, names, expected) => {
    const policy = parsed(...WITNESSES, ...rules[rule])
    const keys = names.map((name) => policy.witnesses.find((each) => each.name === name)?.key)
    expect(
      isQuorum(
        policy,
        keys.filter((key) => key !== undefined),
      ),
    ).toBe(expected)
  })

  test('is none of those whom the policy does not name', () => {
    const stranger = witnessKey('stranger')
    expect(isQuorum(parsed(...WITNESSES, ...rules.any), [stranger])).toBe(false)
  })
})
