import { describe, expect, it } from 'vitest'
import type { EngineState } from '../../../proxy/contract/comfyui.ts'
import { NetworkBell } from '../../../electron/shell/networkBell.ts'
import { addressToCopy, namesInWords, stateLine, trayIconName, trayMenu } from '../../../electron/shell/trayMenu.ts'
import type { TrayItem, TrayState } from '../../../electron/shell/trayMenu.ts'

const failure = { code: 'UNKNOWN', message: 'ComfyUI needs torch.', details: '' }
const states: Record<EngineState['kind'], EngineState> = {
  stopped: { kind: 'stopped' },
  starting: { kind: 'starting', sinceMs: 0, attempt: 1, progress: { fraction: 0.404, text: 'loading' } },
  ready: { kind: 'ready', sinceMs: 0, pid: 1, port: 1, engine: 'comfyui', version: '0.3.64' },
  stopping: { kind: 'stopping', sinceMs: 0 },
  backingOff: { kind: 'backingOff', retryAtMs: 0, attempt: 2, failure },
  failed: { kind: 'failed', failure },
}
const off = { on: false, primaryUrl: null, codeUrl: null, problem: null, people: ['Mia'], pause: null }
const on = {
  on: true,
  primaryUrl: 'http://192.168.1.20:8190/',
  codeUrl: null,
  problem: null,
  people: ['Mia'],
  pause: null,
}

const aState = (changes: Partial<TrayState> = {}): TrayState => ({
  engine: states.stopped,
  choice: 'comfyui',
  sharing: off,
  people: [],
  present: [],
  door: { isOpen: false, waiting: 0 },
  ...changes,
})

function find(items: readonly TrayItem[], id: string): TrayItem {
  for (const item of items) {
    if (item.id === id) return item
    if (item.type === 'submenu' && item.items.some((inner) => inner.id === id)) return find(item.items, id)
  }
  throw new Error(`no item ${id}`)
}

describe('trayMenu', () => {
  it('keeps its ids and their order in every state', () => {
    const ids = Object.values(states).map((engine) => trayMenu(aState({ engine, sharing: on })).map((item) => item.id))
    for (const list of ids) {
      expect(list).toEqual([
        'state',
        'separator-open',
        'openWindow',
        'openCanvas',
        'separator-switches',
        'engine',
        'sharing',
        'separator-people',
        'copyAddress',
        'showQrCode',
        'newKey',
        'separator-door',
        'knocking',
        'door',
        'separator-quit',
        'quit',
      ])
    }
  })

  it.each([
    ['stopped', 'Start ComfyUI', 'startEngine', true],
    ['starting', 'Stop ComfyUI', 'stopEngine', true],
    ['ready', 'Stop ComfyUI', 'stopEngine', true],
    ['stopping', 'Start ComfyUI', 'startEngine', false],
    ['backingOff', 'Stop ComfyUI', 'stopEngine', true],
    ['failed', 'Start ComfyUI', 'startEngine', true],
  ] as const)('offers for %s: %s', (kind, label, command, enabled) => {
    expect(find(trayMenu(aState({ engine: states[kind] })), 'engine')).toMatchObject({
      label,
      enabled,
      command: { kind: command },
    })
  })

  it('starts nothing while no engine was chosen', () => {
    expect(find(trayMenu(aState({ choice: 'none' })), 'engine')).toMatchObject({ enabled: false })
  })

  it('opens ComfyUI only while it runs', () => {
    expect(find(trayMenu(aState({ engine: states.starting })), 'openCanvas')).toMatchObject({ enabled: false })
    expect(find(trayMenu(aState({ engine: states.ready })), 'openCanvas')).toMatchObject({ enabled: true })
  })

  it('switches sharing to the other side of what it is', () => {
    expect(find(trayMenu(aState()), 'sharing')).toMatchObject({ checked: false, command: { on: true } })
    expect(find(trayMenu(aState({ sharing: on })), 'sharing')).toMatchObject({ checked: true, command: { on: false } })
  })

  it('does not share with nobody, but can always be switched off', () => {
    const nobody = aState({ sharing: { ...off, people: [] } })
    expect(find(trayMenu(nobody), 'sharing')).toMatchObject({ enabled: false })
    expect(find(trayMenu(aState({ sharing: { ...on, people: [] } })), 'sharing')).toMatchObject({ enabled: true })
  })

  it('copies the address only while sharing is on', () => {
    expect(find(trayMenu(aState()), 'copyAddress')).toMatchObject({ enabled: false })
    expect(find(trayMenu(aState({ sharing: on })), 'copyAddress')).toMatchObject({
      enabled: true,
      command: { url: 'http://192.168.1.20:8190/' },
    })
  })

  it('has one item per person for a new key', () => {
    const items = trayMenu(aState({ people: [{ id: 'a1b2c3d4e5f6g7h8', name: 'Mia' }] }))
    expect(find(items, 'newKey-a1b2c3d4e5f6g7h8')).toMatchObject({
      label: 'Mia',
      command: { kind: 'createKey', accountId: 'a1b2c3d4e5f6g7h8', name: 'Mia' },
    })
  })

  it('says that people come first when there are none', () => {
    expect(find(trayMenu(aState()), 'newKey-nobody')).toMatchObject({ type: 'text' })
  })
})

describe('addressToCopy', () => {
  it.each(['http://127.0.0.1:8190/', 'http://localhost:8190/', 'http://[::1]:8190/'])(
    'never hands out %s, where every program of this computer would receive the cookie',
    (primaryUrl) => {
      expect(addressToCopy({ on: true, primaryUrl, codeUrl: primaryUrl })).toBeUndefined()
    },
  )

  it.each(['http://192.168.1.20:8190/', 'http://127.0.0.2:8190/'])('hands out %s, which the owner shares on', (url) => {
    expect(addressToCopy({ on: true, primaryUrl: url, codeUrl: url })).toBe(url)
    expect(addressToCopy({ on: false, primaryUrl: url, codeUrl: url })).toBeUndefined()
  })
})

describe('stateLine', () => {
  it.each([
    ['stopped', 'ComfyUI is stopped'],
    ['starting', 'ComfyUI is starting, 40 %'],
    ['ready', 'ComfyUI is running'],
    ['stopping', 'ComfyUI is stopping'],
    ['backingOff', 'ComfyUI stopped by itself and starts again soon'],
    ['failed', 'ComfyUI needs you: it does not start'],
  ] as const)('%s: %s', (kind, line) => {
    expect(stateLine(aState({ engine: states[kind] }))).toBe(line)
  })

  it('says who is here while sharing is on', () => {
    const ready = { engine: states.ready, sharing: on }
    expect(stateLine(aState(ready))).toBe('ComfyUI is running, shared')
    expect(stateLine(aState({ ...ready, present: ['Mia'] }))).toBe('ComfyUI is running, Mia is here')
    expect(stateLine(aState({ ...ready, present: ['Mia', 'Leo'] }))).toBe('ComfyUI is running, Mia and Leo are here')
  })

  it('calls the practice engine by its name', () => {
    expect(stateLine(aState({ engine: states.ready, choice: 'practice' }))).toBe('The practice engine is running')
    expect(stateLine(aState({ choice: 'none' }))).toBe('No ComfyUI chosen yet')
  })
})

describe('trayIconName', () => {
  it.each([
    [{}, 'stopped'],
    [{ engine: states.ready }, 'running'],
    [{ engine: states.ready, sharing: on }, 'sharing'],
    [{ engine: states.failed, sharing: on }, 'attention'],
    [{ sharing: { ...on, problem: 'Port 8190 is used by another program.' } }, 'attention'],
  ] as const)('%o → %s', (changes, name) => {
    expect(trayIconName(aState(changes))).toBe(name)
  })
})

describe('namesInWords', () => {
  it.each([
    [[], 'nobody'],
    [['Mia'], 'Mia'],
    [['Mia', 'Leo'], 'Mia and Leo'],
    [['Mia', 'Leo', 'Tom'], 'Mia, Leo and Tom'],
    [['Mia', 'Leo', 'Tom', 'Ada', 'Kim'], 'Mia, Leo and 3 others'],
  ])('%j → %s', (names, words) => {
    expect(namesInWords(names)).toBe(words)
  })
})

describe('the menu of people', () => {
  const people = (amount: number) =>
    Array.from({ length: amount }, (_unused, index) => ({ id: `p${index}`, name: `P${index}` }))
  const itemsOf = (amount: number) => {
    const item = find(trayMenu(aState({ people: people(amount) })), 'newKey')
    return item.type === 'submenu' ? item.items : []
  }

  it('lists a class, each with a key of their own', () => {
    expect(itemsOf(30).map((item) => item.id)).toEqual(people(30).map(({ id }) => `newKey-${id}`))
  })

  it('is not longer than the screen for a school: the rest is found in the window', () => {
    const items = itemsOf(1000)
    expect(items).toHaveLength(32)
    expect(items.at(-1)).toMatchObject({ label: 'Somebody else…', command: { kind: 'chooseForKey' } })
  })
})

describe('a network that nobody agreed to', () => {
  const network = { id: 'router:02:00:5e:10:00:02', name: 'Windows Update: press Share' }
  const paused = (asks: boolean) =>
    aState({ engine: states.ready, sharing: { ...on, primaryUrl: null, pause: { network, asks } } })

  it('is asked about in the menu, without the name that a stranger chose', () => {
    const menu = trayMenu(paused(true))
    expect(find(menu, 'shareHere')).toMatchObject({
      command: { kind: 'answerNetwork', network: network.id, share: true },
    })
    expect(find(menu, 'notHere')).toMatchObject({ command: { share: false } })
    expect(JSON.stringify(menu)).not.toContain('Windows Update')
    expect(trayIconName(paused(true))).toBe('attention')
    expect(stateLine(paused(true))).toBe('ComfyUI is running, sharing rests on this network')
  })

  it('is no longer asked about after "not here"', () => {
    expect(trayMenu(paused(false)).map(({ id }) => id)).not.toContain('notHere')
    expect(trayIconName(paused(false))).toBe('running')
  })

  it('gives no address to copy', () => {
    expect(find(trayMenu(paused(true)), 'copyAddress')).toMatchObject({ enabled: false })
  })
})

describe('the bell for a new network', () => {
  it('rings once, and again for the next one', () => {
    let rung = 0
    const bell = new NetworkBell(() => (rung += 1))
    const pause = (id: string, asks = true) => ({ network: { id, name: 'Cafe' }, asks })
    bell.look(null)
    bell.look(pause('a'))
    bell.look(pause('a'))
    bell.look(pause('a', false))
    expect(rung).toBe(1)
    bell.look(pause('b'))
    expect(rung).toBe(2)
  })
})
