import { describe, expect, test } from 'vitest'
import { waitFor } from '../../support/engineClient.ts'
import type { ContractContext } from '../engineContract.ts'
import { savePrompt, slowPrompt } from '../prompts.ts'

/** `/api/jobs` of ComfyUI's 2026 versions; 0.3.64 has none. */
export function describeJobs({ client, throughGate }: ContractContext): void {
  const it = test.extend<{ jobs: (query?: string) => Promise<any> }>({
    // eslint-disable-next-line no-empty-pattern -- vitest reads the names of the fixtures from this pattern
    jobs: async ({}, use) => {
      await use(async (query = '') => {
        const answer = await client().get(`/api/jobs${query}`)
        expect(answer.status).toBe(200)
        return answer.json()
      })
    },
  })
  const isMissing = async (): Promise<boolean> => (await client().get('/api/jobs')).status === 404

  describe('jobs', () => {
    it('tell how a job ended and what to show of it', async ({ jobs, skip }) => {
      skip(await isMissing(), 'no such routes')
      const workflow = { id: 'b3a8f4e2-0000-4000-8000-000000000001', nodes: [] }
      const { promptId, entry } = await client().run(savePrompt(), { extra_data: { extra_pnginfo: { workflow } } })
      const { jobs: all } = await jobs('?limit=1000')
      const job = all.find(({ id }: { id: string }) => id === promptId)
      expect(job).toMatchObject({
        id: promptId,
        status: 'completed',
        priority: expect.any(Number),
        create_time: expect.any(Number),
        execution_start_time: expect.any(Number),
        execution_end_time: expect.any(Number),
        outputs_count: 1,
        preview_output: { ...entry.outputs['2'].images[0], nodeId: '2', mediaType: 'images' },
        workflow_id: workflow.id,
      })
      expect(job.create_time).toBeLessThanOrEqual(job.execution_end_time)
      expect(Object.values(job)).not.toContain(null)
    })

    it('tell more of one job', async ({ skip }) => {
      skip(await isMissing(), 'no such routes')
      const prompt = savePrompt()
      const { promptId, entry } = await client().run(prompt)
      const answer = await client().get(`/api/jobs/${promptId}`)
      expect(answer.status).toBe(200)
      expect(answer.json()).toMatchObject({
        id: promptId,
        status: 'completed',
        outputs: entry.outputs,
        execution_status: { status_str: 'success' },
        workflow: { prompt, extra_data: expect.any(Object) },
      })
      expect((await client().get('/api/jobs/00000000-0000-4000-8000-000000000000')).status).toBe(404)
    })

    it('come in pages, the newest first', async ({ jobs, skip }) => {
      skip(await isMissing(), 'no such routes')
      const ids = []
      for (let count = 0; count < 3; count += 1) ids.push((await client().run(savePrompt())).promptId)
      const idsOf = (answer: any): string[] => answer.jobs.map(({ id }: { id: string }) => id)
      const all = await jobs('?limit=1000')
      expect(idsOf(all).slice(0, 3)).toEqual([...ids].reverse())
      expect(all.pagination).toEqual({ offset: 0, limit: 1000, total: all.jobs.length, has_more: false })
      const page = await jobs('?limit=1&offset=1')
      expect([idsOf(page), page.pagination.has_more]).toEqual([[ids[1]], true])
      expect(idsOf(await jobs('?sort_order=asc&limit=1000')).slice(-3)).toEqual(ids)
      expect(idsOf(await jobs('?status=failed,pending&limit=1000'))).not.toEqual(expect.arrayContaining(ids))
    })

    it('fail with their error', async ({ jobs, skip }) => {
      skip(await isMissing(), 'no such routes')
      const { promptId } = await client().run(savePrompt({ prefix: '../out' }))
      const [job] = (await jobs('?status=failed')).jobs
      expect(job).toMatchObject({ id: promptId, status: 'failed', execution_error: { node_id: '2' } })
    })

    it.for(['status=odd', 'sort_by=odd', 'sort_order=odd', 'limit=0', 'limit=-1', 'limit=x', 'offset=x'])(
      'asked for with %s are refused',
      async (query, { skip }) => {
        skip(await isMissing(), 'no such routes')
        const answer = await client().get(`/api/jobs?${query}`)
        expect(answer.status).toBe(400)
        if (!throughGate) expect(answer.json()).toEqual({ error: expect.any(String) })
      },
    )

    it('of no id at all, or pages before the first, are no mistake', async ({ jobs, skip }) => {
      skip(await isMissing(), 'no such routes')
      const answer = await client().post('/api/jobs/cancel', { job_ids: [] })
      expect([answer.status, answer.json()]).toEqual([200, { cancelled: false }])
      expect((await jobs('?offset=-5&limit=1')).pagination.offset).toBe(0)
    })

    it('are cancelled while they run and while they wait, and not again', async ({ jobs, skip }) => {
      skip(await isMissing(), 'no such routes')
      const queue = async (prompt: unknown): Promise<string> => (await client().queue(prompt)).json().prompt_id
      const [running, waiting, last] = [await queue(slowPrompt()), await queue(savePrompt()), await queue(savePrompt())]
      await waitFor(async () => (await jobs('?status=in_progress')).jobs[0]?.id === running || undefined)
      const one = await client().post(`/api/jobs/${waiting}/cancel`, {})
      expect([one.status, one.json()]).toEqual([200, { cancelled: true }])
      const many = await client().post('/api/jobs/cancel', { job_ids: [running, last] })
      expect([many.status, many.json()]).toEqual([200, { cancelled: true }])
      await client().waitUntilIdle()
      expect((await client().get(`/api/jobs/${running}`)).json().status).toBe('cancelled')
      const again = await client().post('/api/jobs/cancel', { job_ids: [running, waiting, last] })
      expect([again.status, again.json()]).toEqual([200, { cancelled: false }])
    })

    it.for(['no JSON', '{}', '{"job_ids":5}', '{"job_ids":["x"]}', '{"job_ids":[{}]}', '{"job_ids":[null]}'])(
      'are not cancelled by %s',
      async (body, { skip }) => {
        skip(await isMissing(), 'no such routes')
        const answer = await client().send('POST', '/api/jobs/cancel', body, { 'content-type': 'application/json' })
        expect(answer.status).toBe(400)
      },
    )
  })
}
