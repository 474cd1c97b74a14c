import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseServeArguments, reachesOthers } from '../../../cli/serveArguments.ts'

describe('arguments of serve', () => {
  it('stays on this computer unless a host is given', () => {
    expect(parseServeArguments(['--practice'])).toEqual({
      ok: true,
      run: { shareOn: [], extraArguments: [], engine: { kind: 'practice' } },
    })
  })

  it('hands everything after -- to ComfyUI', () => {
    expect(parseServeArguments(['--comfyui', 'dir', '--port', '8195', '--', '--cpu', '--port', '1'])).toEqual({
      ok: true,
      run: {
        shareOn: [],
        publicPort: 8195,
        extraArguments: ['--cpu', '--port', '1'],
        engine: { kind: 'comfyui', directory: resolve('dir') },
      },
    })
  })

  it.each([
    [['--comfyui', 'a', '--practice'], 'Choose one'],
    [['--python', 'p'], '--python goes with'],
    [['--practice', '--', '--cpu'], 'practice engine takes none'],
    [['--host', 'everywhere'], 'not an address'],
    [['--port', '0'], 'from 1 to 65535'],
    [['--port', '80x'], 'from 1 to 65535'],
    [['--comfyui-port', '70000'], 'from 1 to 65535'],
    [['--tls', 'on'], 'neither auto'],
    [['--unknown'], '--unknown'],
    [['surplus'], 'surplus'],
  ])('refuses %j in words', (argv, words) => {
    const parsed = parseServeArguments(argv)
    expect(parsed.ok ? 'accepted' : parsed.message).toContain(words)
  })

  it('takes whether connections are encrypted', () => {
    for (const tls of ['auto', 'off']) {
      expect(parseServeArguments(['--practice', '--tls', tls])).toMatchObject({ ok: true, run: { tls } })
    }
  })

  it.each([
    ['127.0.0.1', [], false],
    ['localhost', [], false],
    ['127.0.0.2', ['127.0.0.2'], false],
    ['192.168.1.20', ['192.168.1.20'], true],
    ['0.0.0.0', ['0.0.0.0'], true],
    ['::', ['::'], true],
  ])('knows whether others can reach --host %s', (host, shareOn, others) => {
    const parsed = parseServeArguments(['--practice', '--host', host])
    expect(parsed.ok ? parsed.run.shareOn : parsed.message).toEqual(shareOn)
    expect(reachesOthers(shareOn)).toBe(others)
  })
})
