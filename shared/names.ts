/** Names of what is deployed, for whoever deploys and whoever runs: resources and metrics, never object keys. */

/** One file under functions/ and one function each; `api` has two mounts, each with a role of its own. */
export const functionNames = [
  'receive-submission',
  'split-file',
  'seal-ledger',
  'watch-ledger',
  'apply-entry',
  'plan-version',
  'build-bucket',
  'commit-version',
  'api-data',
  'api-cases',
  'fulfil-case',
  'drain-dead-letters',
] as const
export type FunctionName = (typeof functionNames)[number]

/** Every metric there is, in this namespace, with the function's name as its dimension. */
export const METRIC_NAMESPACE = 'credit-fusion'
export const metricNames = {
  accepted: 'SubmissionsAccepted',
  refused: 'SubmissionsRefused',
  dead: 'SubmissionsDead',
  sealed: 'EntriesSealed',
  waiting: 'OldestPendingSeconds',
  inconsistent: 'LogFindings',
  unwitnessed: 'WitnessOutages',
  applied: 'EntriesApplied',
  faults: 'Faults',
  gatesClosed: 'GatesClosed',
} as const

/**
 * What an authority may write of the landing bucket. What comes under `<authority>/drop/` is taken as it comes
 * (file-name.ts); under any other name it waits for a pointer.
 */
export function landingPrefix(authority: string): string {
  return `${authority}/`
}

/** Where an authority's receipts begin in the datasets bucket: `receipts/<authority>/<submission>.json`. */
export function receiptPrefix(authority: string): string {
  return `receipts/${authority}/`
}

export const queueKinds = ['submissions', 'inbox', 'files', 'sealed'] as const

/** A queue; `submissions` are an authority's own, `dead` holds what crashed the receiver of the other again and again. */
export type QueueName = {
  readonly kind: (typeof queueKinds)[number]
  readonly authority?: string
  readonly dead?: true
}

/** Joined by `_`, which neither a stack's name nor an authority's code has. */
export function queueName(stack: string, { kind, authority, dead }: QueueName): string {
  return [stack, kind, authority, dead && 'dead'].filter((part) => part !== undefined).join('_')
}

/** An authority's own queue, in the stack of that name. */
export function submissionQueueName(stack: string, authority: string): string {
  return queueName(stack, { kind: 'submissions', authority })
}

/** Undefined for a name that `queueName` never gives. */
export function parseQueueName(name: string): QueueName | undefined {
  const [, kindPart, ...rest] = name.split('_')
  const kind = queueKinds.find((each) => each === kindPart)
  const dead = rest.at(-1) === 'dead' && rest.length === (kind === 'submissions' ? 2 : 1)
  const [authority] = kind === 'submissions' ? rest : []
  return kind && { kind, ...(authority !== undefined && { authority }), ...(dead && { dead }) }
}

/** An output of the service stack that tells of one authority's door; outputs have letters and digits alone. */
export function outputName(authority: string, of: 'QueueUrl' | 'KeyArn'): string {
  return `${pascalCase(authority)}${of}`
}

export function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
