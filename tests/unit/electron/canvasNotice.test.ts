import { describe, expect, it } from 'vitest'
import {
  asksForNetwork,
  describeCanvasFailure,
  isNoticePage,
  toNoticePage,
} from '../../../electron/shell/canvasNotice.ts'

const gate = 'http://127.0.0.1:8190/'
const network = new URL('https://gatehouse.invalid/network')
const htmlOf = (page: string): string => decodeURIComponent(page.slice(page.indexOf(',') + 1))

describe('what stands in ComfyUI’s window when its page cannot', () => {
  it('names the rule and leads to the page Network', () => {
    const page = toNoticePage(describeCanvasFailure('The rule “Keep out 127.0.0.1” keeps this computer out.'), gate)
    expect(htmlOf(page)).toContain('The rule “Keep out 127.0.0.1” keeps this computer out.')
    expect(htmlOf(page)).toContain(`<a href="${network.href}">`)
    expect(htmlOf(page)).toContain(`<a href="${gate}">Try again</a>`)
  })

  it('does not send anybody to the rules when none is the reason', () => {
    const page = toNoticePage(describeCanvasFailure(null), gate)
    expect(htmlOf(page)).not.toContain(network.href)
    expect(htmlOf(page)).toContain('Try again')
  })

  it('is no place for a script', () => {
    const page = toNoticePage({ title: 'a', text: '<script>alert(1)</script>', leadsToNetwork: false }, `${gate}"><b>`)
    expect(htmlOf(page)).not.toContain('<script')
    expect(htmlOf(page)).not.toContain('<b>')
    expect(htmlOf(page)).toContain("default-src 'none'")
  })

  it('is told apart from a page of ComfyUI with the same link', () => {
    const page = toNoticePage(describeCanvasFailure('A rule.'), gate)
    expect([isNoticePage(page), isNoticePage(gate)]).toEqual([true, false])
    expect(asksForNetwork(page, network)).toBe(true)
    expect(asksForNetwork(page, new URL('https://example.com/network'))).toBe(false)
    // A page of ComfyUI's, with custom nodes' scripts in it, does not open the owner's pages.
    expect(asksForNetwork(gate, network)).toBe(false)
  })
})
