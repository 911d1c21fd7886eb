/** Where a case stands. `Expired` is never written: it is read off the clock. */
export const caseStates = [
  'Submitted',
  'AwaitingSecondApproval',
  'Approved',
  'Released',
  'Downloaded',
  'Refused',
  'Withdrawn',
  'Expired',
] as const
export type CaseState = (typeof caseStates)[number]

export const commandKinds = ['approve', 'narrow', 'refuse', 'release', 'download', 'withdraw'] as const
export type CommandKind = (typeof commandKinds)[number]

/** `officer`: a compliance officer outside the requesting authority; `requester`: its own agency principals. */
export type Side = 'officer' | 'requester'

export const sideOf = {
  approve: 'officer',
  narrow: 'officer',
  refuse: 'officer',
  // The service builds the package from what two officers approved; whoever starts that adds no judgement of their
  // own, so any compliance officer may, one of the two included
  release: 'officer',
  download: 'requester',
  withdraw: 'requester',
} as const satisfies Record<CommandKind, Side>

export type Transition = { readonly from: CaseState; readonly by: CommandKind; readonly to: CaseState }

/**
 * Every transition there is; what is not a row does not happen. Beside these, time alone moves a case: to Expired
 * when the instrument, an approved case's approval or a released package ran out, back to Submitted when a lone
 * approval did.
 */
export const transitions = [
  { from: 'Submitted', by: 'approve', to: 'AwaitingSecondApproval' },
  { from: 'Submitted', by: 'narrow', to: 'Submitted' },
  { from: 'Submitted', by: 'refuse', to: 'Refused' },
  { from: 'Submitted', by: 'withdraw', to: 'Withdrawn' },
  { from: 'AwaitingSecondApproval', by: 'approve', to: 'Approved' },
  { from: 'AwaitingSecondApproval', by: 'narrow', to: 'Submitted' },
  { from: 'AwaitingSecondApproval', by: 'refuse', to: 'Refused' },
  { from: 'AwaitingSecondApproval', by: 'withdraw', to: 'Withdrawn' },
  { from: 'Approved', by: 'narrow', to: 'Submitted' },
  { from: 'Approved', by: 'refuse', to: 'Refused' },
  { from: 'Approved', by: 'withdraw', to: 'Withdrawn' },
  { from: 'Approved', by: 'release', to: 'Released' },
  { from: 'Released', by: 'download', to: 'Downloaded' },
] as const satisfies readonly Transition[]

export function findTransition(from: CaseState, by: CommandKind): Transition | undefined {
  return transitions.find((row) => row.from === from && row.by === by)
}

export type StateCode =
  | 'ALREADY_APPROVED'
  | 'ALREADY_RELEASED'
  | 'ALREADY_DOWNLOADED'
  | 'NOT_APPROVED'
  | 'NOT_RELEASED'
  | 'CASE_REFUSED'
  | 'CASE_WITHDRAWN'
  | 'CASE_EXPIRED'

/** What a state answers to every command it has no row for; the other three states ask which command it was. */
const codesByState: { readonly [State in CaseState]?: StateCode } = {
  Released: 'ALREADY_RELEASED',
  Downloaded: 'ALREADY_DOWNLOADED',
  Refused: 'CASE_REFUSED',
  Withdrawn: 'CASE_WITHDRAWN',
  Expired: 'CASE_EXPIRED',
}

const codesByCommand: { readonly [Kind in CommandKind]?: StateCode } = {
  approve: 'ALREADY_APPROVED',
  download: 'NOT_RELEASED',
}

/** Why a state does not let a command through. */
export function stateCode(state: CaseState, by: CommandKind): StateCode {
  return codesByState[state] ?? codesByCommand[by] ?? 'NOT_APPROVED'
}
