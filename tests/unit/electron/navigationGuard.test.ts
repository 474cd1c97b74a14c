import { EventEmitter } from 'node:events'
import type { App } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { findExternalLink, guardEveryPage, isWithinOrigin } from '../../../electron/shell/navigationGuard.ts'
import { silentLogger } from '../../../proxy/core/logger.ts'

describe('isWithinOrigin', () => {
  const origin = 'http://127.0.0.1:8190'

  it('allows the pages of the origin', () => {
    expect(isWithinOrigin('http://127.0.0.1:8190/view?filename=a.png', origin)).toBe(true)
  })

  it.each([
    'http://127.0.0.1:8191/',
    'https://127.0.0.1:8190/',
    'http://127.0.0.1.example.com:8190/',
    'http://127.0.0.1:8190@example.com/',
    'javascript:alert(1)',
    'data:text/html,<script>1</script>',
    'file:///etc/passwd',
    'about:blank',
    'blob:null/1',
    'not a url',
    '',
  ])('refuses to leave it for %s', (target) => {
    expect(isWithinOrigin(target, origin)).toBe(false)
  })
})

describe('findExternalLink', () => {
  it('lets the browser open a public https page', () => {
    expect(findExternalLink('https://github.com/comfyanonymous/ComfyUI')?.hostname).toBe('github.com')
  })

  it.each([
    ['a local file', 'file:///etc/passwd'],
    ['a network share', 'smb://192.168.1.1/share'],
    ['a program of its own scheme', 'ms-msdt:/id%20PCWDiagnostic'],
    ['script', 'javascript:alert(1)'],
    ['unencrypted pages', 'http://example.com/'],
    ['the router', 'https://192.168.1.1/reboot'],
    ['an IPv6 address', 'https://[fe80::1]/'],
    ['a name without a dot', 'https://router/'],
    ['this computer', 'https://gatehouse.localhost/'],
    ['a device at home', 'https://printer.local/'],
    ['a name that hides the host', 'https://github.com:pass@evil.example.com/'],
  ])('never opens %s', (_what, target) => {
    expect(findExternalLink(target)).toBeUndefined()
  })
})

describe('guardEveryPage', () => {
  it('gives no page a Bluetooth device (Electron would choose the first one by itself)', () => {
    const app = new EventEmitter()
    const contents = Object.assign(new EventEmitter(), { setWindowOpenHandler: vi.fn() })
    guardEveryPage(app as unknown as App, silentLogger)
    app.emit('web-contents-created', {}, contents)
    const event = { preventDefault: vi.fn() }
    const choose = vi.fn()
    contents.emit('select-bluetooth-device', event, [{ deviceId: 'a', deviceName: 'Headphones' }], choose)
    expect(event.preventDefault).toHaveBeenCalledOnce()
    expect(choose).toHaveBeenCalledExactlyOnceWith('')
  })
})
