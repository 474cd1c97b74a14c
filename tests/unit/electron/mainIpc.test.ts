import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { GateError } from '../../../proxy/contract/errorCodes.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'
import { answerInvoke, isOwnerPage, route } from '../../../electron/ipc/mainIpc.ts'
import { createRoutes } from '../../../electron/ipc/handlers.ts'
import type { DesktopActions } from '../../../electron/ipc/handlers.ts'
import { channels } from '../../../electron/ipc/schema.ts'

vi.mock('electron', () => ({ ipcMain: {} }))

const origin = 'http://gatehouse.localhost:40123'
const owner = { contentsId: 7, origin }
const frame = { origin, parent: null }

describe('isOwnerPage', () => {
  it('accepts the main frame of the owner window at its origin', () => {
    expect(isOwnerPage({ sender: { id: 7 }, senderFrame: frame }, owner)).toBe(true)
  })

  it.each([
    ['another window', { sender: { id: 8 }, senderFrame: frame }],
    ['a frame inside the page', { sender: { id: 7 }, senderFrame: { origin, parent: frame } }],
    [
      'the window after it went elsewhere',
      { sender: { id: 7 }, senderFrame: { origin: 'http://evil.example', parent: null } },
    ],
    [
      'another port of the same name',
      { sender: { id: 7 }, senderFrame: { origin: 'http://gatehouse.localhost:1', parent: null } },
    ],
    ['a frame that is gone', { sender: { id: 7 }, senderFrame: null }],
  ])('refuses %s', (_who, event) => {
    expect(isOwnerPage(event, owner)).toBe(false)
  })

  it('refuses everybody before there is a window', () => {
    expect(isOwnerPage({ sender: { id: 7 }, senderFrame: frame }, undefined)).toBe(false)
  })
})

const MIA = 'miaa000000000000'

function aDesktop(picked?: string) {
  const calls: unknown[] = []
  const desktop: DesktopActions = {
    platform: 'linux',
    version: '1.2.3',
    dataDirectory: '/data',
    pickComfyuiFolder: () => Promise.resolve(undefined),
    pickPersonFolder: (name) => {
      calls.push(['pickPersonFolder', name])
      return Promise.resolve(picked)
    },
    pickPemFile: (what) => Promise.resolve(picked === undefined ? undefined : `${picked}/${what}.pem`),
    openCanvas: () => Promise.resolve(),
    copy: (text) => Promise.resolve(void calls.push(['copy', text])),
    copySecret: (text) => Promise.resolve(void calls.push(['copySecret', text])),
    mendFirewall: () => Promise.resolve(void calls.push(['mendFirewall'])),
    showFirewallSettings: () => Promise.resolve(void calls.push(['showFirewallSettings'])),
    openFolder: (directory) => Promise.resolve(void calls.push(['openFolder', directory])),
    showWindow: () => void calls.push(['showWindow']),
    hasTray: () => Promise.resolve(true),
    quit: () => void calls.push(['quit']),
    notify: (name, payload) => void calls.push([name, payload]),
  }
  return { calls, desktop }
}

function aService() {
  const calls: unknown[] = []
  const service = {
    calls,
    secretsKind: 'keychain' as const,
    people: () => Promise.resolve([{ id: MIA, name: 'Mia', role: 'user' as const, isOwner: false }]),
    moveFolder: (accountId: string, folder: string) => {
      calls.push(['moveFolder', accountId, folder])
      return Promise.resolve({ path: `${folder}/Gatehouse - mia`, left: { path: '/old', names: ['family.mp4'] } })
    },
    findFolder: (accountId: string) => Promise.resolve(`/pictures/${accountId}`),
    findInstallations: () => Promise.resolve([]),
    inspectInstallation: (directory: string, python?: string) => {
      calls.push(['inspect', directory, python])
      return Promise.resolve({ directory, kind: 'git', version: '0.3.64', python: null, problems: [] })
    },
    chooseEngine: (choice: unknown) => Promise.resolve(void calls.push(['choose', choice])),
    settings: {
      get: () => {
        throw new Error('not used')
      },
      set: (name: string, value: unknown) => Promise.resolve(void calls.push(['set', name, value])),
      onChange: () => () => undefined,
    },
    practicePage: {
      status: () => Promise.resolve({ installed: false, downloadBytes: 11_000_000 }),
      install: (onProgress: (progress: { doneBytes: number; totalBytes: number }) => void) => {
        for (let done = 0; done <= 1000; done += 1) onProgress({ doneBytes: done, totalBytes: 1000 })
        return Promise.resolve()
      },
    },
  }
  return service
}

function open(picked?: string) {
  const { calls, desktop } = aDesktop(picked)
  const service = aService()
  const routes = createRoutes(service, desktop)
  const logger = { ...silentLogger, error: vi.fn(), warn: vi.fn() }
  const isForPeople = (error: unknown): error is Error => error instanceof GateError
  const ask = (channel: unknown, input?: unknown) => answerInvoke(routes, channel, input, { logger, isForPeople })
  return { ask, service, desktopCalls: calls, logger }
}

describe('answerInvoke', () => {
  it.each(['nothing:here', '__proto__', 'constructor', 'toString', 5, null, undefined, {}])(
    'refuses the channel %o',
    async (channel) => {
      const { ask } = open()
      expect(await ask(channel)).toMatchObject({ ok: false })
    },
  )

  it('has a route for every channel of the schema', () => {
    const { desktop } = aDesktop()
    expect(Object.keys(createRoutes(aService(), desktop)).sort()).toEqual(Object.keys(channels).sort())
  })

  it.each([
    ['comfyui:inspect', { directory: 5 }],
    ['comfyui:inspect', undefined],
    ['comfyui:choose', { kind: 'shell', command: 'rm' }],
    ['comfyui:choose', { kind: 'comfyui' }],
    ['settings:setMachine', { name: 'no.such', value: 1 }],
    ['settings:setMachine', { name: 'toString', value: 1 }],
    ['settings:setMachine', { name: 'window.keepInTray', value: 'yes' }],
    ['folder:pick', undefined],
    ['folder:pick', { accountId: '../../etc' }],
    ['folder:pick', { accountId: 'nobody0000000000' }],
    ['folder:open', { accountId: '/etc' }],
    ['folder:open', { path: '/etc' }],
    ['clipboard:copy', { text: 'x'.repeat(5000) }],
    ['desktop:describe', { surprise: true }],
  ])('refuses %s with %o, and nothing happens', async (channel, input) => {
    const { ask, service, desktopCalls } = open()
    expect(await ask(channel, input)).toMatchObject({ ok: false })
    expect([service.calls, desktopCalls]).toEqual([[], []])
  })

  it('moves a person to the folder of the dialog, and to no other that the page names', async () => {
    const { ask, service, desktopCalls } = open('/drive')
    expect(await ask('folder:pick', { accountId: MIA, path: '/etc', picked: '/etc' })).toEqual({
      ok: true,
      value: { path: '/drive/Gatehouse - mia', left: { path: '/old', names: ['family.mp4'] } },
    })
    expect(desktopCalls).toEqual([['pickPersonFolder', 'Mia']])
    expect(service.calls).toEqual([['moveFolder', MIA, '/drive']])
  })

  it('moves nobody when the dialog is closed', async () => {
    const { ask, service } = open()
    expect(await ask('folder:pick', { accountId: MIA })).toEqual({ ok: true, value: null })
    expect(service.calls).toEqual([])
  })

  it('opens the folder that is known, whatever path the page sends along', async () => {
    const { ask, desktopCalls } = open()
    expect(await ask('folder:open', { accountId: MIA, path: '/etc' })).toMatchObject({ ok: true })
    expect(desktopCalls).toEqual([['openFolder', `/pictures/${MIA}`]])
  })

  it.each(['comfyui.engine', 'comfyui.directory', 'comfyui.python'])(
    'refuses to set %s without a look at the installation',
    async (name) => {
      const { ask, service } = open()
      expect(await ask('settings:setMachine', { name, value: 'practice' })).toMatchObject({ ok: false })
      expect(service.calls).toEqual([])
    },
  )

  it('takes a certificate from the dialogs, and none that the page names', async () => {
    const { ask, service } = open('/etc/own')
    expect(await ask('settings:setMachine', { name: 'https.keyFile', value: '/etc/shadow' })).toMatchObject({
      ok: false,
    })
    expect(service.calls).toEqual([])
    expect(await ask('certificate:pick')).toMatchObject({ ok: true, value: { keyFile: '/etc/own/key.pem' } })
    expect(service.calls).toEqual([
      ['set', 'https.certificateFile', '/etc/own/certificate.pem'],
      ['set', 'https.keyFile', '/etc/own/key.pem'],
      ['set', 'https.mode', 'own'],
    ])
    const closed = open()
    expect(await closed.ask('certificate:pick')).toEqual({ ok: true, value: null })
    expect(closed.service.calls).toEqual([])
  })

  it('sets a machine setting, and leaves the others to their page', async () => {
    const { ask, service } = open()
    expect(await ask('settings:setMachine', { name: 'comfyui.arguments', value: ['--lowvram'] })).toEqual({
      ok: true,
      value: undefined,
    })
    expect(await ask('settings:setMachine', { name: 'sharing.port', value: 8200 })).toMatchObject({ ok: false })
    expect(service.calls).toEqual([['set', 'comfyui.arguments', ['--lowvram']]])
  })

  it('passes a refusal on in its words', async () => {
    const { ask, service } = open()
    service.chooseEngine = () =>
      Promise.reject(new GateError('VALIDATION_FAILED', 'main.py is missing in this folder.'))
    expect(await ask('comfyui:choose', { kind: 'comfyui', directory: '/x' })).toEqual({
      ok: false,
      message: 'main.py is missing in this folder.',
    })
  })

  it('tells nothing of an unexpected error but logs it', async () => {
    const { ask, service, logger } = open()
    service.findInstallations = () => Promise.reject(new Error('ENOENT /home/mia/.secret'))
    const answer = await ask('comfyui:find')
    expect(answer).toEqual({ ok: false, message: 'Something went wrong inside Gatehouse. The log has the details.' })
    expect(logger.error).toHaveBeenCalledOnce()
  })

  it('sends at most a hundred or so progress messages, the last one included', async () => {
    const { ask, desktopCalls } = open()
    await ask('practicePage:install')
    expect(desktopCalls.length).toBeLessThanOrEqual(102)
    expect(desktopCalls.at(-1)).toEqual(['practicePage:progress', { doneBytes: 1000, totalBytes: 1000 }])
  })

  it('gives null when no folder was picked', async () => {
    const { ask, service } = open()
    expect(await ask('comfyui:pickFolder')).toEqual({ ok: true, value: null })
    expect(service.calls).toEqual([])
  })
})

describe('route', () => {
  it('lets nothing out that the schema does not know', async () => {
    const channel = { input: z.undefined(), output: z.object({ name: z.string() }) }
    const answer = { name: 'Mia', passwordHash: 'secret' }
    expect(await route(channel, () => Promise.resolve(answer))(undefined)).toEqual({ name: 'Mia' })
  })
})
