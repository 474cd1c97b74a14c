/**
 * One suite for every engine behind the gate, and for the gate itself: what a client of ComfyUI 0.3.64 relies on.
 * Cases use only nodes that all engines have. Where the practice engine and ComfyUI differ, the practice engine is wrong.
 */
import { describe } from 'vitest'
import { EngineClient } from '../support/engineClient.ts'
import type { EngineTarget } from '../support/engineUnderTest.ts'
import { describeFiles } from './cases/fileCases.ts'
import { describeHttpRules } from './cases/httpCases.ts'
import { describeJobs } from './cases/jobCases.ts'
import { describeQueue } from './cases/queueCases.ts'
import { describeRoutes } from './cases/routeCases.ts'
import { describeSockets } from './cases/socketCases.ts'
import { describeUserData } from './cases/userDataCases.ts'
import { describeValidation } from './cases/validationCases.ts'
import { describeViews } from './cases/viewCases.ts'
import { describeExecution } from './cases/executionCases.ts'

export interface ContractContext {
  /** Asked in each case: the target exists only after the suite's own set-up. */
  readonly client: () => EngineClient
  /** Something stands between: cases about rules that a gate changes on purpose are left out. */
  readonly throughGate: boolean
}

/** Declares the whole suite. @param getTarget is called inside of cases only */
export function describeEngineContract(
  name: string,
  getTarget: () => EngineTarget,
  options: { readonly throughGate: boolean } = { throughGate: false },
): void {
  const context: ContractContext = { client: () => new EngineClient(getTarget()), ...options }
  describe(name, () => {
    describeRoutes(context)
    describeHttpRules(context)
    describeValidation(context)
    describeExecution(context)
    describeQueue(context)
    describeJobs(context)
    describeSockets(context)
    describeViews(context)
    describeFiles(context)
    describeUserData(context)
  })
}
