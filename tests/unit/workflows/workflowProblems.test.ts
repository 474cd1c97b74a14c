import { describe, expect, it } from 'vitest'
import { WorkflowProblems } from '../../../proxy/workflows/workflowProblems.ts'
import { picture } from '../../support/publishedWorkflow.ts'

const other = { ...picture, workflowId: 'o'.repeat(16) }

function open() {
  const asked: string[] = []
  let nowMs = 0
  let change = (): void => undefined
  const problems = new WorkflowProblems({
    clock: { nowMs: () => nowMs },
    readObjectInfo: (accountId) => {
      asked.push(accountId)
      return Promise.resolve(Buffer.from('{}'))
    },
    findOwnerId: () => Promise.resolve('ada'),
    onChange: (listener) => (change = listener),
  })
  return { problems, asked, pass: (ms: number) => (nowMs += ms), change: () => change() }
}

describe('WorkflowProblems', () => {
  it('asks ComfyUI once, whichever workflows are asked for in turn (going around the limit of dear answers)', async () => {
    const { problems, asked, pass, change } = open()
    const lists = Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? [picture] : [other]))
    const found = await Promise.all(lists.map((list) => problems.find('mia', list)))
    expect(found[1]?.get(other.workflowId)).toBe('It needs the node “KSampler”, which is not there now.')
    expect(asked).toEqual(['mia', 'ada'])
    pass(19_999)
    await problems.find('mia', [picture, other])
    expect(asked).toHaveLength(2)
    change()
    await problems.find('mia', [picture])
    expect(asked).toHaveLength(4)
    pass(20_000)
    await problems.find('mia', [other])
    expect(asked).toHaveLength(6)
  })
})
