/** Packs that open paths on their own and tell everybody what they do, in a real ComfyUI and through the gate. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGateWorld } from '../../contract/isolation/gateWorld.ts'
import type { GateWorld } from '../../contract/isolation/gateWorld.ts'
import { makePeopleFolder } from '../../contract/isolation/world.ts'
import type { Person } from '../../contract/isolation/world.ts'
import { startComfyuiWithPacks, type ComfyuiWithPacks } from '../../support/comfyuiWithPacks.ts'
import { EngineClient, type Prompt } from '../../support/engineClient.ts'
import { harmless } from '../../support/nodesFixture.ts'

const hasComfyui = process.env['COMFYUI_DIR'] !== undefined
const probe = (kind: string, text: string): Prompt => ({ '1': { class_type: kind, inputs: { text } } })

describe.skipIf(!hasComfyui)('packs of a real ComfyUI behind the gate', () => {
  let comfyui: ComfyuiWithPacks
  let world: GateWorld

  beforeAll(async () => {
    // As the launcher names them: nobody has used this start yet, and they are somebody's all the same.
    const people = makePeopleFolder()
    comfyui = await startComfyuiWithPacks({ probe: 'tests/support/probePack' }, [], [people.path])
    world = await openGateWorld(comfyui, people)
    // The owner allowed what the pack's labels warn of: their folders are their own all the same.
    for (const person of [world.alice, world.bob]) world.rules.set(person, { nodes: { ...harmless, rule: 'all' } })
  }, 180_000)

  afterAll(async () => {
    await world.close()
    await comfyui.close()
  })

  const attempt = async (person: Person, attempts: readonly (readonly [string, string])[]): Promise<string[]> => {
    const { entry } = await person.client.run(probe('ProbePaths', JSON.stringify(attempts)))
    expect(entry.status.status_str).toBe('success')
    return entry.outputs['1'].came
  }

  it('case 26: read, write and list nothing of anybody else, whatever path they make up', async () => {
    const { alice, bob } = world
    await mkdir(alice.folders.temp, { recursive: true })
    const workflows = join(comfyui.folders.user, 'default', 'workflows')
    await mkdir(workflows, { recursive: true })
    const foreign = [bob.folders.input, bob.folders.output, bob.folders.userdata]
    const owners = [comfyui.folders.input, comfyui.folders.output, workflows]
    for (const folder of [...foreign, ...owners]) await writeFile(join(folder, 'secret.txt'), 'a secret')
    await symlink(bob.folders.output, join(alice.folders.input, 'way'))
    for (const folder of [...foreign, ...owners, join(alice.folders.input, 'way')]) {
      const file = join(folder, 'secret.txt')
      const came = await attempt(alice, [
        ['r', file],
        ['w', join(folder, 'planted.txt')],
        ['a', file],
        ['list', folder],
        ['video', file],
        ['tensors', file],
      ])
      expect([folder, new Set(came)]).toEqual([folder, new Set(['NotYourFolder'])])
      expect(existsSync(join(folder, 'planted.txt'))).toBe(false)
    }
  })

  it('case 26: find nobody by the folder that holds everybody', async () => {
    const { alice, bob } = world
    const above = [join(bob.folders.input, '..'), join(bob.folders.input, '../..'), join(bob.folders.output, '..')]
    const came = await attempt(
      alice,
      above.map((folder) => ['list', folder] as const),
    )
    expect(came.join()).not.toContain(bob.id)
  })

  it('work in one’s own folders, and the owner’s everywhere', async () => {
    const { alice, bob, owner } = world
    const own = join(alice.folders.output, 'made.txt')
    expect(
      await attempt(alice, [
        ['w', own],
        ['r', own],
        ['r', '/etc/hostname'],
      ]),
    ).not.toContain('NotYourFolder')
    expect(await readdir(alice.folders.output)).toContain('made.txt')
    expect(await attempt(owner, [['r', join(bob.folders.input, 'secret.txt')]])).toEqual(['a secret'])
  })

  it('case 13, 29: what they send to nobody in particular while a job runs reaches whose job it is', async () => {
    const { alice, bob, owner } = world
    const [hers, his, owners] = await Promise.all([alice, bob, owner].map(({ client }) => client.openSocket()))
    const { promptId } = await alice.client.run(probe('ProbeMessages', 'private'), { client_id: hers?.sid })
    await hers?.waitForEnd(promptId)
    for (const [person, socket] of [
      [bob, his],
      [owner, owners],
    ] as const) {
      const own = await person.client.run(probe('ProbeFolders', person.id), { client_id: socket?.sid })
      await socket?.waitForEnd(own.promptId)
      expect(JSON.stringify(socket?.messages)).not.toContain('private')
      expect(socket?.frames).toEqual([])
    }
    expect(hers?.messages).toContainEqual({ type: 'probe.event', data: { text: 'private', prompt_id: promptId } })
    expect(hers?.frames.filter((frame) => frame.includes('private'))).toHaveLength(2)
    for (const socket of [hers, his, owners]) socket?.close()
  })

  it('what they send outside of a job is for administrators, and no picture for whoever’s job runs', async () => {
    const { alice, bob, owner } = world
    const [hers, his, owners] = await Promise.all([alice, bob, owner].map(({ client }) => client.openSocket()))
    const waiting = await alice.client.queue(probe('ProbeWait', String(Date.now())), { client_id: hers?.sid })
    await hers?.waitForMessage(({ type }) => type === 'executing')
    const headers = { 'x-gatehouse-secret': comfyui.secret, 'x-gatehouse-user': bob.id }
    const directly = new EngineClient({ baseUrl: `http://127.0.0.1:${comfyui.port}`, webSocketUrl: '', headers })
    expect((await directly.post('/probe/announce', { text: 'of bob' })).status).toBe(200)
    await owners?.waitForMessage(({ type }) => type === 'probe.nobody')
    await writeFile(join(alice.folders.output, 'go.txt'), '')
    await hers?.waitForEnd(waiting.json().prompt_id)
    expect(owners?.messages.map(({ type }) => type)).toContain('probe.request')
    for (const socket of [hers, his]) {
      expect(JSON.stringify(socket?.messages)).not.toContain('of bob')
      expect(socket?.frames).toEqual([])
    }
    expect(owners?.frames).toEqual([])
    for (const socket of [hers, his, owners]) socket?.close()
  })

  it('case 50: a picture that would take more memory than there is does not begin, also when links hide its size', async () => {
    const { alice } = world
    const huge: Prompt = {
      size: { class_type: 'PrimitiveInt', inputs: { value: 16384 } },
      image: {
        class_type: 'EmptyImage',
        inputs: { width: ['size', 0], height: ['size', 0], batch_size: 4096, color: 0 },
      },
      save: { class_type: 'PreviewImage', inputs: { images: ['image', 0] } },
    }
    const { entry } = await alice.client.run(huge)
    const [, error] = entry.status.messages.find(([type]: [string]) => type === 'execution_error')
    expect(error).toMatchObject({ node_id: 'image', exception_message: expect.stringContaining('GB of memory') })
    expect((await comfyui.health()).workerAlive).toBe(true)
  })
})
