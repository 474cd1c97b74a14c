import { describe, expect } from 'vitest'
import { comfyuiSchema } from '../../../proxy/contract/comfyui.ts'
import { sharingSchema } from '../../../proxy/contract/sharing.ts'
import { api, openOwner } from '../../support/apiPeople.ts'
import { applicationTest as it } from '../../support/ownApplicationFixture.ts'

describe('comfyui and sharing', () => {
  it('start what was chosen, and pass on a refusal in words', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const started = await application.ask('POST', `${api}/comfyui/start`, { ...owner, body: {} })
    application.parts.refuseStart('Choose a ComfyUI first.')
    const refused = await application.ask('POST', `${api}/comfyui/restart`, { ...owner, body: {} })

    expect(comfyuiSchema.parse(started.json).choice).toEqual({ kind: 'none' })
    expect(refused).toMatchObject({ status: 409, json: { code: 'ENGINE_REFUSED', detail: 'Choose a ComfyUI first.' } })
    expect(application.parts.calls).toEqual(['start', 'restart'])
  })

  it('switches sharing', async ({ stores, application }) => {
    const owner = await openOwner(stores)

    const answer = await application.ask('PUT', `${api}/sharing`, { ...owner, body: { on: true } })

    expect(sharingSchema.parse(answer.json).on).toBe(true)
    expect(application.parts.calls).toEqual(['sharing true'])
  })
})
