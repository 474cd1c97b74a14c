import { describe, expect, it } from 'vitest'
import { WorkflowDrafts } from '../../../proxy/api/workflowDrafts.ts'
import { draftLifetimeMs } from '../../../proxy/contract/workflowDrafts.ts'
import { systemRandom } from '../../../proxy/core/random.ts'

const draft = { name: 'A lake', prompt: { '1': {} }, canvas: null }
const author = (accountId: string) => ({ accountId, name: accountId, fromApp: false })

describe('drafts that wait to be published', () => {
  it('are gone after an hour', () => {
    let nowMs = 1000
    const drafts = new WorkflowDrafts({ nowMs: () => nowMs }, systemRandom)
    const { id } = drafts.save(draft, author('ada'))

    nowMs += draftLifetimeMs - 1
    expect(drafts.find(id)?.name).toBe('A lake')
    nowMs += 1
    expect(drafts.find(id)).toBeUndefined()
    expect(drafts.list()).toEqual([])
  })

  it('are never more than sixteen: the oldest makes room', () => {
    const drafts = new WorkflowDrafts({ nowMs: () => 1000 }, systemRandom)

    for (let number = 0; number < 20; number += 1) drafts.save(draft, author(`ada${number}`))

    expect(drafts.list()).toHaveLength(16)
    expect(drafts.list().at(-1)?.by.id).toBe('ada4')
  })
})
